import { Option, type Command } from "commander";
import { EXPORT_FORMATS } from "../../training/exportFormats.ts";
import type { ExportCommandOptions } from "../export.ts";
import type { CommandSpec } from "./command.ts";
import { engine } from "./sharedOptions.ts";

export const exportModel: CommandSpec = {
  declare,
  carryOut: async (model: string, out: string, options: ExportCommandOptions) =>
    (await import("../export.ts")).exportCommand(model, out, options),
};

function declare(program: Command): Command {
  const command = program
    .command("export")
    .description("write a trained model in the layout of GPT-2 or nanoGPT, and check its logits")
    .argument("<model>", "a folder in TransformerLens' layout, such as a checkpoint, or zoo:NAME")
    .argument("<out>", "folder to make")
    .addOption(
      new Option("--to <format>", "Hugging Face's GPT-2, nanoGPT's ckpt.pt, or TransformerLens")
        .choices(EXPORT_FORMATS)
        .makeOptionMandatory(),
    );
  return engine(command);
}
