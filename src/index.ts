/** @file The public library in Node: `import { load, score } from "induction-lens"`. */
import type { LoadedModel } from "./models/loaded.ts";
import type { ScoreResult } from "./results/score.ts";
import type { Backend } from "./runtime/backend.ts";
import { openBackend } from "./runtime/openBackend.ts";
import {
  inductionHeadDetector as detectorWith,
  type DetectorOptions as StudyDetectorOptions,
  type InductionHeadDetector,
} from "./studies/detector/inductionHeadDetector.ts";
import { score as scoreWith, type ScoreOptions as StudyOptions } from "./studies/score.ts";

export * from "./anywhere.ts";
export { openModel as load } from "./models/open.ts";
export { readZoo } from "./models/zoo/openZoo.ts";
export { openBackend, type OpenedBackend } from "./runtime/openBackend.ts";
export { writeResult } from "./report/scoreFiles.ts";
export { writeAnalysis } from "./report/analyse/analyseFiles.ts";
export { REPORT_FORMATS, type ReportFormat } from "./report/write.ts";

/** What `score` measures, and what computes it. */
export interface ScoreOptions extends StudyOptions {
  /** An engine that is open already; left out: `device` is opened for this call. */
  readonly backend?: Backend;
  /** What computes; left out: "auto", the native engine or, if it is not installed, WASM with a warning. */
  readonly device?: "auto" | "cpu" | "wasm" | "webgpu";
  /** Threads of the native engine; left out: all cores. */
  readonly threads?: number;
}

/** What a detector measures, and what computes it. */
export interface DetectorOptions
  extends StudyDetectorOptions, Pick<ScoreOptions, "backend" | "device" | "threads"> {}

/**
 * Scores every head of a model on repeated random tokens, or on rows of your own.
 *
 * induction[layer][head] = mean of A[q, q - period + 1] over the queries q of the second copy and over sequences, where
 * A is the head's attention pattern; the other four scores are means over the same queries.
 *
 * @returns scores from 0 to 1 with 95 % intervals, losses in nats. A head that attends evenly scores `uniform`; a model
 *   without any structure has both losses near ln(vocabulary)
 * @throws {InputError} for options that do not fit the model, or weights that change meanwhile
 * @throws {UnableError} if the device asked for by name cannot be had, or memory does not suffice
 * @throws {Interrupted} between two runs once `signal` is aborted
 */
export async function score(
  model: LoadedModel,
  { backend, device, threads, ...options }: ScoreOptions = {},
): Promise<ScoreResult> {
  return scoreWith(model, backend ?? (await opened(device, threads)), options);
}

/**
 * A detector of heads that attend like induction heads, by three metrics of attention.
 *
 * overall = mean of induction, prefixMatching and copying; a perfect induction head has the `ceiling` of the Result (.83 on
 * two copies), uniform attention its `null`. Attention shows neither that a head copies nor that it matters.
 *
 * @throws {InputError} "range" for a threshold outside 0 to 1; from `detect`, for options that do not fit the model
 */
export function inductionHeadDetector(
  model: LoadedModel,
  { backend, device, threads, ...options }: DetectorOptions = {},
): InductionHeadDetector {
  return detectorWith(model, async () => backend ?? (await opened(device, threads)), options);
}

async function opened(device?: ScoreOptions["device"], threads?: number): Promise<Backend> {
  const { backend, notice } = await openBackend(device, threads);
  if (notice) process.emitWarning(notice, "InductionLensWarning");
  return backend;
}
