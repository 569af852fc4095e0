import { CommanderError } from "commander";
import { AbortError, InputError, UnableError } from "../base/errors.ts";
import { visible } from "../draw/visible.ts";

/** 0 fine; 2 bad use or bad input; 3 not able to finish; 130 interrupted. `check` has 1 and 4 too, for its Results. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InputError) return 2;
  if (error instanceof AbortError) return 130;
  return 3;
}

/** One line for what the user can mend; the stack for what we must. */
export function explain(error: unknown): string {
  if (error instanceof InputError) return `error: ${withoutControls(withFlags(error.message))}`;
  if (error instanceof AbortError) return `interrupted: ${error.message}`;
  if (error instanceof UnableError) return `unable: ${withoutControls(error.message)}`;
  return `internal error (please report): ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** Options whose flags have another name. */
const FLAGS: Readonly<Record<string, string>> = {
  rows: "--tokens",
  sets: "--set",
  contextLength: "--context",
  load: "the command", // which loads the model
};

/** The library names options between backticks, `seqLen`; here they are flags: --seq-len. */
export function withFlags(message: string): string {
  return message.replace(
    /`([a-z][A-Za-z]*)`/g,
    (_, name: string) =>
      FLAGS[name] ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
}

/** Names from files and arguments must not steer the terminal; a message may have several lines. */
function withoutControls(message: string): string {
  return message.split("\n").map(visible).join("\n");
}
