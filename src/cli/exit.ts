import { CommanderError } from "commander";
import { InputError, Interrupted, UnableError } from "../base/errors.ts";
import { visible } from "../draw/visible.ts";

/** 0 fine; 1 a check that did not hold; 2 bad use or bad input; 3 not able to finish; 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InputError) return 2;
  if (error instanceof Interrupted) return 130;
  return 3;
}

/** One line for what the user can mend; the stack for what we must. */
export function explain(error: unknown): string {
  if (error instanceof InputError) return `error: ${shown(error.message)}`;
  if (error instanceof Interrupted) return `interrupted: ${error.message}`;
  if (error instanceof UnableError) return `unable: ${shown(error.message)}`;
  return `this is a fault of induction-lens: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** Names from files and arguments must not steer the terminal; a message may have several lines. */
function shown(message: string): string {
  return message.split("\n").map(visible).join("\n");
}
