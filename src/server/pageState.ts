/** @file What an address of the explorer has after `#`, as somebody writes it on the command line. */
import { InputError } from "../base/errors.ts";
import { probablyMeant } from "../base/nearest.ts";

/** Names that the page reads there, and its views. The model is named by the command. */
export const PAGE_KEYS = [
  "view",
  "head",
  "period",
  "seed",
  "form",
  "part",
  "weighted",
  "trained",
  "lesson",
  "present",
  "beside",
  "ids",
  "device",
  "theme",
  "size",
  "off",
  "text",
  "at",
  "key",
] as const;
export const PAGE_VIEWS = ["start", "learn", "heads", "attention", "surgery", "lab"] as const;

/**
 * The state in `view=heads&head=1.2`, in the same after `#`, or in a whole address that "Copy link" gave; its model is left out.
 *
 * @throws {InputError} "options" for a name or a view that the page does not have, and a head that is not layer.head
 */
export function pageState(text: string): URLSearchParams {
  const state = new URLSearchParams(text.replace(/^[^#]*#/, ""));
  for (const name of ["model", "token"]) state.delete(name);
  for (const name of state.keys()) checkName(name, PAGE_KEYS, "names");
  const view = state.get("view");
  if (view !== null) checkName(view, PAGE_VIEWS, "views");
  const head = state.get("head");
  if (head !== null && !/^\d{1,4}\.\d{1,4}$/.test(head))
    throw new InputError("options", `--at needs a head as layer.head, such as 1.2, got ${head}`);
  return state;
}

function checkName(name: string, known: readonly string[], what: string): void {
  if (known.includes(name)) return;
  const near = probablyMeant(name, known);
  throw new InputError(
    "options",
    `--at does not know ${name}${near === null ? `; its ${what} are ${known.join(", ")}` : `, did you mean ${near}?`}`,
  );
}
