/** @file The public library in browsers: the same as in Node, but models come from files that the user picked. */
import type { LoadedModel, LoadOptions } from "./models/loaded.ts";
import { openBlobs } from "./models/openBlobs.ts";
import { openPlanted } from "./models/planted/planted.ts";
import { fetchZoo } from "./models/zoo/fetchZoo.ts";
import type { ScoreResult } from "./results/score.ts";
import type { Backend } from "./runtime/backend.ts";
import { openInBrowser, type BrowserEngine } from "./runtime/openInBrowser.ts";
import {
  inductionHeadDetector as detectorWith,
  type DetectorOptions as StudyDetectorOptions,
  type InductionHeadDetector,
} from "./studies/detector/inductionHeadDetector.ts";
import { score as scoreWith, type ScoreOptions as StudyOptions } from "./studies/score.ts";

export * from "./anywhere.ts";
export { openBlobs as loadFiles, type BlobOptions, type NamedBlob } from "./models/openBlobs.ts";
export { openInBrowser as openBackend, type BrowserEngine } from "./runtime/openInBrowser.ts";
export { attentionPicture } from "./report/causal/attentionView.ts";
export { headMap, type HeadMap } from "./report/headMap.ts";
export { matrices } from "./report/matrices.ts";
export type { Drawn } from "./report/lazySvg.ts";
export { REPORT_TITLE, reportPage, type NamedResult } from "./report/reportPage.ts";
export { csvText } from "./report/csv.ts";
export { viewPage, type ViewPage } from "./report/viewPage.ts";
export type { StudyTable } from "./report/studyView.ts";
export { scoreHeadMap } from "./report/scoreHeadMap.ts";
export { THEMES, type Theme } from "./report/theme.ts";

/** What `score` measures, and what computes it. */
export interface ScoreOptions extends StudyOptions {
  /** An engine that is open already; left out: `engine` is opened for this call. */
  readonly backend?: Backend;
  /** Left out: WASM. */
  readonly engine?: BrowserEngine;
}

/** What a detector measures, and what computes it. */
export interface DetectorOptions
  extends StudyDetectorOptions, Pick<ScoreOptions, "backend" | "engine"> {}

/** Where the models of the zoo come from. */
export interface BrowserLoadOptions extends LoadOptions {
  /**
   * Address of the folder zoo/ of the package, with its last slash; left out: "zoo/" beside the page, or, in a worker, beside
   * its script.
   */
  readonly zoo?: string;
  /** Address of the hub; left out: the public one. */
  readonly hub?: string;
  /**
   * Told how many numbers the weights of a hub model have: at least, before they are fetched, and exactly, before any is
   * read. What it throws ends the loading.
   */
  readonly sized?: (parameters: number) => void;
}

/**
 * A model that comes with the tool (`zoo:NAME`, `zoo:NAME@STEP`, `planted:NAME`), or one of the hub by its id or a short name,
 * fetched anew at each call. Checkpoints at hand come in through `loadFiles`.
 *
 * @throws {InputError} "unknown-model" if there is none of that name, "file" if the zoo is not served where it should be;
 *   for the hub "hub-name", "hub-not-found", "hub-refused", "hub-answer"; "config" or "weights" if it cannot be used
 * @throws {UnableError} if the hub cannot be reached
 * @throws {Interrupted} once `signal` is aborted
 */
export async function load(
  name: string,
  { zoo = "zoo/", hub, sized, ...options }: BrowserLoadOptions = {},
): Promise<LoadedModel> {
  const [scheme, rest] = name.split(/:(.*)/s);
  if (scheme === "planted" && rest !== undefined) return openPlanted(rest);
  if (scheme === "zoo" && rest !== undefined) return fetchZoo(rest, zoo, options);
  const { fetchHubBlobs } = await import("./models/hub/fetchHubBlobs.ts");
  const { commit, files } = await fetchHubBlobs(name, {
    ...options,
    ...(sized && { sized }),
    ...(hub !== undefined && { endpoint: hub }),
  });
  return openBlobs(files, { ...options, ...(sized && { sized }), id: name, revision: commit });
}

/**
 * Scores every head of a model on repeated random tokens, or on rows of your own; the same numbers as in Node.
 *
 * induction[layer][head] = mean of A[q, q - period + 1] over the queries q of the second copy and over sequences, where
 * A is the head's attention pattern; the other four scores are means over the same queries.
 *
 * @returns scores from 0 to 1 with 95 % intervals, losses in nats. A head that attends evenly scores `uniform`; a model
 *   without any structure has both losses near ln(vocabulary)
 * @throws {InputError} for options that do not fit the model
 * @throws {UnableError} if there is no WebGPU adapter and one was asked for, or memory does not suffice
 * @throws {Interrupted} between two runs once `signal` is aborted
 */
export async function score(
  model: LoadedModel,
  { backend, engine, ...options }: ScoreOptions = {},
): Promise<ScoreResult> {
  return scoreWith(model, backend ?? (await openInBrowser(engine)), options);
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
  { backend, engine, ...options }: DetectorOptions = {},
): InductionHeadDetector {
  return detectorWith(model, async () => backend ?? (await openInBrowser(engine)), options);
}
