import type { Command } from "commander";
import type { Surroundings } from "./frame.ts";

/** Arguments as commander gives them: one that was left out is undefined, one that may repeat is a list. */
export type CommandArguments = readonly (string | readonly string[] | undefined)[];

/**
 * One command of the command line. Its flags and help are quick to make; what carries it out is imported when it is due, so
 * that `--help` loads no engine.
 */
export interface CommandSpec<Flags = never, Arguments extends CommandArguments = never> {
  readonly name: string;
  /** One line of help. */
  readonly description: string;
  /** Its name and arguments in the list of help. Left out: as commander makes it of what `declare` adds. */
  readonly term?: string;
  /** Adds arguments and flags to the command of that name. */
  readonly declare: (command: Command) => Command;
  /** @param surroundings left out: those of the process */
  readonly carryOut: (
    flags: Flags,
    args: Arguments,
    surroundings?: Partial<Surroundings>,
  ) => Promise<void>;
}

/** The same command, for a list in which all types of flags and arguments are alike. */
export function defineCommand<Flags, Arguments extends CommandArguments>(
  spec: CommandSpec<Flags, Arguments>,
): CommandSpec {
  return spec as unknown as CommandSpec;
}
