import type { Command } from "commander";
import { defineCommand } from "../commandSpec.ts";
import { partFlags, type ModelFlags, type OutputFlags } from "../flags/partFlags.ts";
import { MODEL, fromHub, reading } from "../flags/sharedFlags.ts";

/** What a model is, before anything is run. */
export const command = defineCommand({
  name: "info",
  description: "show what a model is: sizes, attention, parameters, tokenizer, what can run",
  declare: (command: Command) =>
    reading(
      fromHub(command.argument("<model>", MODEL).option("--json", "print JSON and nothing else")),
    ),
  carryOut: async (flags: ModelFlags & OutputFlags, [name]: readonly [string], surroundings) => {
    const { inFrame, withModel } = await import("../frame.ts");
    const { modelCard } = await import("../../studies/info/modelCard.ts");
    const { cardText } = await import("../../studies/info/view.ts");
    const { visible } = await import("../../draw/visible.ts");
    const { common } = partFlags(flags);
    const card = await inFrame(
      { ...common, output: { ...common.output, quiet: true } }, // the card itself has the notices
      (frame) => withModel(frame, name, modelCard, { factsOnly: true }),
      surroundings,
    );
    const { stdout = process.stdout } = surroundings ?? {};
    stdout.write(common.output.json ? `${JSON.stringify(card)}\n` : cardText(card, visible));
  },
});
