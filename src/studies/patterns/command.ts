import { Option, type Command } from "commander";
import { output, QUIET } from "../../cli/flags/sharedFlags.ts";
import { studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import type { Mask } from "./result.ts";

interface Flags {
  readonly tokens: string;
  readonly mask: Mask;
  /** A glob: only arrays whose name it fits. */
  readonly arrays?: string | undefined;
}

export const command = studyCommand({
  name: "score-patterns",
  description: "score attention that was computed elsewhere: encoders, T5 and vision too",
  declare,
  request: async (flags: Flags, path: string) => ({
    study: STUDIES["score-patterns"],
    run: ({ signal }) => scoreFile(path, flags, signal),
  }),
});

async function scoreFile(path: string, { tokens, mask, arrays = "*" }: Flags, signal: AbortSignal) {
  const { attentionArrays, readPatternTokens } = await import("./commandInputs.ts");
  const { fileSource } = await import("../../formats/file.ts");
  const { sha256 } = await import("../../formats/sha256.ts");
  const { scorePatterns } = await import("./scorePatterns.ts");
  const own = await readPatternTokens(tokens);
  const file = await fileSource(path);
  try {
    const chosen = await attentionArrays(file, path, arrays);
    const hash = await sha256([file], { signal });
    return await scorePatterns(chosen, own, { mask, name: path, sha256: hash });
  } finally {
    await file.close();
  }
}

function declare(command: Command): Command {
  const withFlags = command
    .argument("<file>", ".safetensors or .npz: [layer, batch, head, query, key], or one per layer")
    .requiredOption(
      "--tokens <file>",
      'whose attention it is: {"tokens": [[...]]}; "period" and "bos" if they repeat, "keyTokens" for cross',
    )
    .addOption(
      new Option("--mask <kind>", "what queries may see")
        .choices(["causal", "none", "cross"])
        .default("causal"),
    )
    .option("--arrays <glob>", "only the arrays whose name fits, such as 'decoder_attentions.*'");
  return output(withFlags).option("--quiet", QUIET);
}
