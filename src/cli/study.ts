/** @file What the commands of the causal studies have in common. */
import { z } from "zod";
import type { LoadedModel } from "../models/loaded.ts";
import { writeStudy } from "../report/studyFiles.ts";
import { studyText } from "../report/studyText.ts";
import type { StudyView } from "../report/studyView.ts";
import { jsonText } from "../report/json.ts";
import { checkOutput } from "../report/write.ts";
import type { Backend } from "../runtime/backend.ts";
import { engineFor, type EngineOptions } from "./engine.ts";
import { interruption } from "./interruption.ts";
import { modelFor, type ModelOptions } from "./model.ts";
import { progressOn } from "./progress.ts";
import type { RowOptions } from "./rowOptions.ts";
import { terminal } from "./terminal.ts";
import { readTokens } from "./tokensFile.ts";

export interface StudyCommandOptions extends EngineOptions, ModelOptions, RowOptions {
  readonly out?: readonly string[];
  readonly json?: boolean;
}

interface Running {
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
  try {
    const result = await study(model, backend, { signal, progress: progress.report }).finally(() =>
      progress.end(),
    );
    const view = viewOf(result);
    for (const file of files) await writeStudy(view, result, file);
    process.stdout.write(options.json ? jsonText(result) : studyText(view, terminal()));
  } finally {
    await model.close();
  }
  if (!options.quiet) process.stderr.write(files.map((file) => `wrote ${file}\n`).join(""));
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
