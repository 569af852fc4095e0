import { jsonText } from "../../draw/json.ts";
import { scoreText } from "./viewTerminal.ts";
import { writeResult } from "./viewFiles.ts";
import { checkOutput } from "../../draw/write.ts";
import { score } from "./score.ts";
import { interruption } from "../../cli/interruption.ts";
import { engineFor, type EngineOptions } from "../../cli/engine.ts";
import { modelFor, type ModelOptions } from "../../cli/model.ts";
import { progressOn } from "../../cli/progress.ts";
import { given, rowOptions, type RowOptions } from "../../cli/rowOptions.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";

export interface ScoreCommandOptions extends EngineOptions, ModelOptions, RowOptions {
  readonly lossExamples?: number | "all" | undefined;
  readonly precision?: number | undefined;
  readonly out?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
}

const DEFAULT_PICTURE = "output/induction_scores.png";

export async function scoreCommand(name: string, options: ScoreCommandOptions): Promise<void> {
  const files = options.out ?? [DEFAULT_PICTURE];
  files.forEach(checkOutput);
  const rows = rowOptions(options);
  const own = options.tokens === undefined ? undefined : await readOwnTokens(options.tokens);
  const signal = interruption();
  const progress = progressOn(process.stderr, { quiet: options.quiet ?? false });
  const backend = await engineFor(options);
  const model = await modelFor(name, options, { signal, progress });
  const result = await score(model, {
    backend,
    ...rows,
    ...given({ lossExamples: options.lossExamples, precision: options.precision, own }),
    signal,
    progress: progress.report,
  }).finally(() => progress.end());
  await model.close();
  for (const file of files) await writeResult(result, file);
  process.stdout.write(options.json ? `${jsonText(result)}` : textFor(result));
  if (!options.quiet) process.stderr.write(files.map((file) => `wrote ${file}\n`).join(""));
}

function textFor(result: Parameters<typeof scoreText>[0]): string {
  const { stdout, env } = process;
  const colour =
    stdout.isTTY && env["NO_COLOR"] === undefined
      ? (stdout.getColorDepth() as 1 | 4 | 8 | 24)
      : false;
  return scoreText(result, {
    colour,
    width: stdout.columns ?? 80,
    unicode: env["TERM"] !== "linux",
  });
}
