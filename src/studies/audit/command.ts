import type { BosChoice } from "../../inputs/scoreInput.ts";
import type { Command } from "commander";
import { MODEL, QUIET, bosOption, fromHub, output } from "../../cli/flags/sharedFlags.ts";
import { integer } from "../../cli/flags/values.ts";
import { studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";

interface Flags {
  readonly seqLen?: number | undefined;
  readonly bos?: BosChoice | undefined;
}

export const command = studyCommand({
  name: "audit",
  description: "what every way of scoring attention makes of ideal heads, and what it confuses",
  declare,
  request: async ({ seqLen, bos }: Flags, name: string | undefined) => ({
    study: STUDIES.audit,
    run: async (frame) => {
      const { audit } = await import("./audit.ts");
      const { withModel } = await import("../../cli/frame.ts");
      if (name === undefined) return audit(null, { seqLen, bos });
      return withModel(frame, name, async (model) => audit(model, { seqLen, bos }));
    },
  }),
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("[model]", `whose BOS and context to follow: ${MODEL}`)
    .option("--seq-len <n>", "tokens in the two copies together, even (default 64)", integer(8))
    .addOption(bosOption())
    .option("--quiet", QUIET);
  return fromHub(output(withFlags));
}
