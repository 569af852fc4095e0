/** @file The command line as commander reads it. What its commands do comes from outside, so that help is quick. */
import { Command } from "commander";
import { VERSION } from "../base/version.ts";
import { COMMANDS } from "./commands.ts";
import type { CommandSpec } from "./commands/command.ts";

type Action = (...args: unknown[]) => Promise<void>;

/** @param actionOf what is done when a command was asked for: the command itself, or handing it to another process */
export function buildProgram(actionOf: (command: CommandSpec) => Action): Command {
  const program = new Command("induction-lens")
    .description("Find the induction heads of a transformer, and prove them.")
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText("after", EPILOG);
  for (const command of COMMANDS) command.declare(program).action(actionOf(command));
  return program;
}

const EPILOG = `
Examples:
  induction-lens score                                   the embedded model, picture in output/induction_scores.png
  induction-lens score ./my-model --num-examples 200     a checkpoint in a folder
  induction-lens score gpt2 --json > scores.json          a hub model
  induction-lens tokens ./model.gguf "one two one two"
  induction-lens run ./my-model --tokens tokens.json --capture "blocks.*.attn.hook_pattern" --out patterns.safetensors

Exit codes: 0 fine, 2 bad use or bad input, 3 not able to finish, 130 interrupted (143 by SIGTERM).`;
