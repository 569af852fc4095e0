import { jsonText } from "../report/json.ts";
import { scoreText } from "../report/terminal.ts";
import { writeResult } from "../report/scoreFiles.ts";
import { checkOutput } from "../report/write.ts";
import { score } from "../studies/score.ts";
import { interruption } from "./interruption.ts";
import { engineFor, type EngineOptions } from "./engine.ts";
import { modelFor, type ModelOptions } from "./model.ts";
import { progressOn } from "./progress.ts";
import { given, rowOptions, type RowOptions } from "./rowOptions.ts";
import { readOwnTokens } from "./tokensFile.ts";

export interface ScoreCommandOptions extends EngineOptions, ModelOptions, RowOptions {
  readonly lossExamples?: number | "all";
  readonly precision?: number;
  readonly out?: readonly string[];
  readonly json?: boolean;
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
  const result = await score(model, backend, {
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
