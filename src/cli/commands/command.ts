import type { Command } from "commander";

/**
 * One command of the command line. Its options and help are quick to make; what carries it out is imported when it is
 * due, so that `--help` loads no engine.
 */
export interface CommandSpec {
  /** Adds the command with its arguments and options, without an action. */
  readonly declare: (program: Command) => Command;
  /** Gets the arguments and the options, as commander gives them to an action. */
  readonly carryOut: (...args: never[]) => Promise<void>;
}
