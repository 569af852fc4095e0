/** @file The command line as commander reads it. What its commands do comes from outside, so that help is quick. */
import { Command, Help } from "commander";
import { VERSION } from "../base/version.ts";
import type { CommandSpec } from "./commandSpec.ts";
import type { Surroundings } from "./frame.ts";
import type { Invocation } from "./messages.ts";

/** @param act what is done with what was asked for: carry it out, or hand it to another process */
export function buildProgram(
  commands: readonly CommandSpec[],
  act: (invocation: Invocation) => Promise<void>,
): Command {
  const terms = new Map(commands.map(({ name, term }) => [name, term]));
  const program = new Command("induction-lens")
    .description("Find the induction heads of a transformer, and prove them.")
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => terms.get(command.name()) ?? termOf(command) })
    .addHelpText("after", EPILOG);
  for (const { name, description, declare } of commands) {
    const command = new Command(name).copyInheritedSettings(program); // a name may have two words
    command.description(description).allowExcessArguments(false);
    program.addCommand(command);
    declare(command).action(() =>
      act({ name, flags: command.opts(), args: command.processedArgs as unknown[] }),
    );
  }
  refuseOptionsAsValues(program.commands);
  return program;
}

/** A command's name and arguments, as help lists them. */
export const termOf = (command: Command) => new Help().subcommandTerm(command);

/** Commander takes any next word as the value of an option: `--set --json` would lose the one and ask for the other. */
function refuseOptionsAsValues(commands: readonly Command[]): void {
  const options = commands.flatMap((command) => command.options);
  const names = new Set(options.flatMap(({ short, long }) => [short, long]));
  for (const each of ["-h", "--help"]) names.add(each);
  for (const command of commands)
    for (const option of command.options)
      command.on(`option:${option.name()}`, (value: unknown) => {
        if (typeof value !== "string" || !names.has(value)) return;
        command.error(`error: option '${option.flags}' needs a value, got the option ${value}`);
      });
}

/** Does what was asked for. */
export async function carryOut(
  commands: readonly CommandSpec[],
  { name, flags, args }: Invocation,
  surroundings?: Partial<Surroundings>,
): Promise<void> {
  const spec = commands.find((command) => command.name === name);
  if (!spec) throw new Error(`internal: there is no command ${name}`);
  await spec.carryOut(flags as never, args as never, surroundings);
}

const EPILOG = `
Examples:
  induction-lens score                                   the embedded model, picture in output/induction_scores.png
  induction-lens score ./my-model --num-examples 200     a checkpoint in a folder
  induction-lens score gpt2 --json > scores.json          a hub model
  induction-lens tokens ./model.gguf "one two one two"
  induction-lens run ./my-model --tokens tokens.json --capture "blocks.*.attn.hook_pattern" --out patterns.safetensors

Exit codes: 0 fine, 2 bad use or bad input, 3 not able to finish, 130 interrupted (143 by SIGTERM);
of check: 1 a rule fails, 4 a rule is undecided.`;
