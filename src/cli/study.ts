/** @file What the commands of the causal studies have in common. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { LoadedModel } from "../models/loaded.ts";
import { writeStudy } from "../draw/studyFiles.ts";
import { studyText } from "../draw/studyText.ts";
import type { StudyView } from "../draw/studyView.ts";
import { jsonText } from "../draw/json.ts";
import { checkOutput } from "../draw/write.ts";
import type { Backend } from "../base/backend.ts";
import type { SweepLog } from "../interventions/chain.ts";
import { engineFor, type EngineOptions } from "./engine.ts";
import { interruption } from "./interruption.ts";
import { modelFor, type ModelOptions } from "./model.ts";
import { progressOn } from "./progress.ts";
import type { RowOptions } from "./rowOptions.ts";
import { sweepLog } from "./sweepLog.ts";
import { terminal } from "./terminal.ts";
import { readTokens } from "./tokensFile.ts";

export interface StudyCommandOptions extends EngineOptions, ModelOptions, RowOptions {
  readonly out?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
}

interface Running {
  /** What an interrupted sweep of the same command left. */
  readonly log: SweepLog;
  readonly signal: AbortSignal;
  readonly progress: (step: string, done: number, total: number) => void;
}

/** Opens engine and model, runs a study, and writes what it shows to where the options say. */
export async function runStudy<Result>(
  name: string,
  options: StudyCommandOptions,
  study: (model: LoadedModel, backend: Backend, running: Running) => Promise<Result>,
  viewOf: (result: Result) => StudyView,
): Promise<void> {
  const files = options.out ?? [];
  files.forEach(checkOutput);
  const signal = interruption();
  const progress = progressOn(process.stderr, { quiet: options.quiet ?? false });
  const backend = await engineFor(options);
  const model = await modelFor(name, options, { signal, progress });
  const log = sweepLog(factsOf(viewOf.name, model, backend, options), {
    kept: options.cache !== false,
  });
  if (log.known > 0 && !options.quiet)
    process.stderr.write(`going on after ${log.known} runs that were made before (${log.path})\n`);
  try {
    const running = { log, signal, progress: progress.report };
    const result = await study(model, backend, running).finally(() => progress.end());
    log.remove();
    const view = viewOf(result);
    for (const file of files) await writeStudy(view, result, file);
    process.stdout.write(options.json ? jsonText(result) : studyText(view, terminal()));
  } finally {
    await model.close();
  }
  if (!options.quiet) process.stderr.write(files.map((file) => `wrote ${file}\n`).join(""));
}

/** Whatever the numbers of a sweep depend on. */
function factsOf(
  study: string,
  { sha256 }: LoadedModel,
  { device, threads, versions }: Backend,
  options: StudyCommandOptions,
) {
  const { tokens: path } = options;
  const tokens = path === undefined ? null : readFileSync(path, "utf8");
  const aside = ["out", "json", "quiet", "cache", "offline", "revision", "tokens"];
  const asked = Object.entries(options).filter(([name]) => !aside.includes(name));
  return { study, sha256, asked, tokens, device, threads, versions };
}

const rows = z.array(z.array(z.number()));
const pairFile = z.object({ clean: rows, corrupted: rows, period: z.int(), bos: z.boolean() });
const ablationFile = z.union([
  pairFile.transform(({ clean, corrupted, ...rest }) => ({
    tokens: clean,
    reference: corrupted,
    ...rest,
  })),
  z.object({ tokens: rows, period: z.int(), bos: z.boolean(), reference: rows.optional() }),
]);

/** `--tokens FILE` of `patch`. */
export function readPair(path: string) {
  return readTokens(
    path,
    pairFile,
    '{"clean": [[...]], "corrupted": [[...]], "period": S, "bos": true or false}',
  );
}

/** `--tokens FILE` of `ablate`: reference rows are optional; those of a pair are its corrupted rows. */
export async function readAblation(path: string) {
  const { reference, ...own } = await readTokens(
    path,
    ablationFile,
    '{"tokens": [[...]], "period": S, "bos": true or false, "reference": [[...]]}',
  );
  return reference === undefined ? own : { ...own, reference };
}
