import { Option, type Command } from "commander";
import { MODEL, output, withSharedFlags } from "../../../src/cli/flags/sharedFlags.ts";
import { integer } from "../../../src/cli/flags/values.ts";
import { onModel, studyCommand } from "../../../src/cli/studyCommand.ts";

/** The registry's line. */
export const selfAttention = () => import("./study.ts");

interface Flags {
  readonly numExamples?: number | undefined;
  readonly bos?: "on" | "off" | undefined;
}

export const command = studyCommand({
  name: "self-attention",
  description: "how much each head looks at the token it stands on",
  declare: (command: Command) =>
    withSharedFlags(
      output(
        command
          .argument("<model>", MODEL)
          .option("--num-examples <n>", "sequences (default 100)", integer(1))
          .addOption(new Option("--bos <when>", "begin rows with BOS").choices(["on", "off"])),
      ),
    ),
  request: async ({ numExamples, bos }: Flags, model: string) => ({
    ...onModel(selfAttention, model, { numExamples, bos }),
    picture: "output/self_attention.png",
  }),
});
