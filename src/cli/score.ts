import { InputError } from "../base/errors.ts";
import { jsonText } from "../report/json.ts";
import { scoreText } from "../report/terminal.ts";
import { checkOutput, writeResult } from "../report/write.ts";
import { score } from "../studies/score.ts";
import { interruption } from "./interruption.ts";
import { engineFor, type EngineOptions } from "./engine.ts";
import { modelFor, type ModelOptions } from "./model.ts";
import { progressOn } from "./progress.ts";
import { readOwnTokens } from "./tokensFile.ts";

export interface ScoreCommandOptions extends EngineOptions, ModelOptions {
  readonly numExamples?: number;
  readonly seqLen?: number;
  readonly seed?: number;
  readonly bos?: "auto" | "on" | "off";
  readonly lossExamples?: number | "all";
  readonly tokens?: string;
  readonly out?: readonly string[];
  readonly json?: boolean;
}

const DEFAULT_PICTURE = "output/induction_scores.png";

export async function scoreCommand(name: string, options: ScoreCommandOptions): Promise<void> {
  const files = options.out ?? [DEFAULT_PICTURE];
  files.forEach(checkOutput);
  refuseContradictions(options);
  const own = options.tokens === undefined ? undefined : await readOwnTokens(options.tokens);
  const signal = interruption();
  const progress = progressOn(process.stderr, { quiet: options.quiet ?? false });
  const backend = await engineFor(options);
  const model = await modelFor(name, options, { signal, progress });
  const { numExamples, seqLen, seed, bos, lossExamples } = options;
  const given = { numExamples, seqLen, seed, bos, lossExamples, own };
  const wanted = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  const result = await score(model, backend, {
    ...wanted,
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

/** Given rows are measured exactly as they are, so nothing may ask for other rows. */
function refuseContradictions(options: ScoreCommandOptions): void {
  if (options.tokens === undefined) return;
  const flags = {
    "--bos": options.bos,
    "--seq-len": options.seqLen,
    "--num-examples": options.numExamples,
    "--seed": options.seed,
  };
  const given = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag],
  );
  if (given.length > 0)
    throw new InputError(
      "options",
      `--tokens gives the rows as they are, so it cannot be combined with ${given.join(", ")}`,
    );
}
