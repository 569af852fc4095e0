import { InputError } from "../../base/errors.ts";

/** A pattern of a tokenizer.json: a plain string, or a regular expression. */
export type Pattern = { readonly String: string } | { readonly Regex: string };

const LONGEST = 4000;

/**
 * The pattern, if it cannot take more than polynomial time: nothing that repeats without limit may hold another
 * repetition or a choice, and there are no references back. All tokenizers in use are like that.
 *
 * @throws {InputError} "tokenizer" for others
 */
export function checkedPattern(pattern: unknown): Pattern {
  const { String: plain, Regex: regex } = Object(pattern) as Record<string, unknown>;
  if (typeof plain === "string" && plain !== "") return { String: plain };
  if (typeof regex !== "string" || regex === "" || regex.length > LONGEST) {
    throw new InputError(
      "tokenizer",
      "a pattern of a tokenizer.json needs a short String or Regex",
    );
  }
  if (isCostly(regex)) {
    throw new InputError(
      "tokenizer",
      `the pattern ${JSON.stringify(regex.slice(0, 80))} could take for ever on some text`,
    );
  }
  return { Regex: regex };
}

/** Whether something that repeats without limit holds a repetition or a choice, or refers back. */
function isCostly(regex: string): boolean {
  const open: boolean[] = [false]; // by group that is open: whether it holds a repetition or a choice
  let closed = false; // the same of the group that ended just here
  for (const [item] of regex.matchAll(
    /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]|[*+]|\{\d*,?\d*\}|[\s\S]/g,
  )) {
    const unlimited = /^[*+]$|^\{\d*,\}$/.test(item);
    if (/^\\[1-9k]/.test(item) || (unlimited && closed)) return true;
    if (item === "(") open.push(false);
    else if (unlimited || item === "|" || /^\{\d/.test(item)) open[open.length - 1] = true;
    closed = item === ")" ? (open.pop() ?? false) : false;
    if (item === ")" && open.length > 0 && closed) open[open.length - 1] = true;
    if (open.length === 0) open.push(false);
  }
  return false;
}
