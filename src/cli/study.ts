/** @file What the commands of the causal studies have in common. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { InputError } from "../base/errors.ts";
import type { LoadedModel } from "../models/loaded.ts";
import { writeStudy } from "../report/causal/studyFiles.ts";
import { studyText } from "../report/causal/studyText.ts";
import type { StudyView } from "../report/causal/studyView.ts";
import { jsonText } from "../report/json.ts";
import { checkOutput } from "../report/write.ts";
import type { Backend } from "../runtime/backend.ts";
import { engineFor, type EngineOptions } from "./engine.ts";
import { interruption } from "./interruption.ts";
import { modelFor, type ModelOptions } from "./model.ts";
import { progressOn } from "./progress.ts";

export interface StudyCommandOptions extends EngineOptions, ModelOptions {
  readonly numExamples?: number;
  readonly seqLen?: number;
  readonly seed?: number;
  readonly bos?: "auto" | "on" | "off";
  readonly tokens?: string;
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

function terminal() {
  const { stdout, env } = process;
  return { colour: stdout.isTTY && env["NO_COLOR"] === undefined, width: stdout.columns ?? 80 };
}

/** Options that were given, without those that were left out. */
export function given<Options extends Readonly<Record<string, unknown>>>(options: Options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Options]?: Exclude<Options[Name], undefined>;
  };
}

/** The options of generated rows; with `--tokens` they would contradict it. */
export function rowOptions({ numExamples, seqLen, seed, bos, tokens }: StudyCommandOptions) {
  const rows = given({ numExamples, seqLen, seed, bos });
  const flags = {
    numExamples: "--num-examples",
    seqLen: "--seq-len",
    seed: "--seed",
    bos: "--bos",
  };
  const names = Object.keys(rows).map((name) => flags[name as keyof typeof flags]);
  if (tokens !== undefined && names.length > 0)
    throw new InputError(
      "options",
      `--tokens gives the rows as they are, so it cannot be combined with ${names.join(", ")}`,
    );
  return rows;
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
  return read(
    path,
    pairFile,
    '{"clean": [[...]], "corrupted": [[...]], "period": S, "bos": true or false}',
  );
}

/** `--tokens FILE` of `ablate`: reference rows are optional; those of a pair are its corrupted rows. */
export async function readAblation(path: string) {
  const { reference, ...own } = await read(
    path,
    ablationFile,
    '{"tokens": [[...]], "period": S, "bos": true or false, "reference": [[...]]}',
  );
  return reference === undefined ? own : { ...own, reference };
}

async function read<Value>(path: string, schema: z.ZodType<Value>, form: string): Promise<Value> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read the tokens file ${path}: ${error.message}`, {
      cause: error,
    });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError("tokens", `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, 5)
    .map(({ path: at, message }) => `${at.join(".") || "the file"}: ${message}`);
  throw new InputError("tokens", `${path} needs ${form}: ${faults.join("; ")}`);
}
