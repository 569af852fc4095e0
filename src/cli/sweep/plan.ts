/** @file The plan of a sweep: models x studies x seeds, as a list of jobs that is the same wherever it is made. */
import { createHash } from "node:crypto";
import type { Document } from "yaml";
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { faultSentences } from "../../base/faultSentences.ts";
import { splitTypedRevision } from "../splitTypedRevision.ts";
import { expandNames } from "./expandNames.ts";

export const SWEPT = ["score", "verdict"] as const;
export type SweptStudy = (typeof SWEPT)[number];

const rowOptions = {
  numExamples: z.int().min(1).optional(),
  seqLen: z.int().optional(),
  bos: z.union([z.enum(["auto", "on", "off"]), z.int().min(0)]).optional(),
};

/** The schema of a plan. */
export const sweepPlanSchema = z.strictObject({
  models: z
    .array(z.string().min(1))
    .min(1)
    .describe("names, with ranges in braces, and paths with *"),
  studies: z.array(z.enum(SWEPT)).min(1).optional().describe("left out: score"),
  seeds: z.array(z.int()).min(1).optional().describe("of the random tokens; left out: 0"),
  options: z.strictObject({ ...rowOptions, quick: z.boolean().optional() }).optional(),
});

/** One study of one model with all its options. */
export interface SweepJob {
  /** As in the plan, which tables have. */
  readonly typed: string;
  readonly name: string;
  readonly revision?: string | undefined;
  readonly study: SweptStudy;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * The jobs of a plan in YAML or JSON, without repetitions, sorted by their ids.
 *
 * @throws {InputError} "options" for what is not a plan; names the file and the key
 */
export async function sweepJobs(text: string, file: string): Promise<readonly SweepJob[]> {
  const { models, studies = ["score"], seeds = [0], options = {} } = await planIn(text, file);
  const names = [...new Set(models.flatMap(expandNames))];
  const jobs: SweepJob[] = [];
  for (const typed of names) {
    const split = await splitTypedRevision(typed);
    for (const study of new Set(studies))
      for (const seed of new Set(seeds))
        jobs.push({ typed, ...split, study, options: optionsOf(study, { ...options, seed }) });
  }
  return jobs.sort((a, b) => (jobId(a) < jobId(b) ? -1 : 1));
}

/** Names the job in the folder: a hash of all that the plan says of it. */
export function jobId({ typed, study, options }: SweepJob): string {
  return hashOf([typed, study, options]);
}

export function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

/** Keys in one order; `quick` is for verdicts alone. */
function optionsOf(study: SweptStudy, options: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([name, value]) => value !== undefined && (study === "verdict" || name !== "quick"))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function planIn(text: string, file: string): Promise<z.infer<typeof sweepPlanSchema>> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new InputError("options", `${file} is not YAML: ${error.message}`);
  const value = valueOf(document, file);
  const read = sweepPlanSchema.safeParse(value);
  if (read.success) return read.data;
  const faults = faultSentences(read.error.issues, value);
  throw new InputError("options", `${file} is not a plan: ${faults.join("; ")}`);
}

/** @throws {InputError} "options" for aliases that stand for far more than the file has */
function valueOf(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new InputError("options", `${file} is not a plan: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
