/** @file The induction-head detector: threshold, token pattern, `detect`. Three metrics of attention, no verdict. */
import { withoutUndefined } from "../../base/withoutUndefined.ts";
import type { HeadChoice } from "../../base/headName.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { DetectorHead, DetectorResult } from "./result.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { checkCanRun } from "../common/canRun.ts";
import { headCalled } from "../../interventions/headNames.ts";
import { PATTERN_NAMES, type PatternName } from "../../text/patterns/generators.ts";
import { runModel } from "../run/runModel.ts";
import { detectorInput } from "./detectorInput.ts";
import { detectorPlan, type DetectorOptions } from "./plan.ts";
import { detectorResultOf } from "./buildResult.ts";
import { detectorScan, patternName, patternOf, rowsOf } from "./detectorScan.ts";

/** Attention of one head on one sequence, with what is needed to read it. */
export interface HeadAttention {
  /** Axes [query, key]. */
  readonly pattern: Tensor;
  readonly tokens: readonly number[];
  readonly start: number;
  readonly period: number;
}

export interface InductionHeadDetector {
  /** Measures every head; `overrides` hold for this call. */
  detect(overrides?: DetectorOptions): Promise<DetectorResult>;
  /** `detect` on every token pattern. Scores of one pattern do not compare with those of another: see their ceilings. */
  detectAll(overrides?: DetectorOptions): Promise<Record<PatternName, DetectorResult>>;
  /** The pattern of one head on the first sequence that `detect` measures. */
  attention(head: HeadChoice, overrides?: DetectorOptions): Promise<HeadAttention>;
}

/**
 * A detector of heads that attend like induction heads.
 *
 * overall = mean of induction, prefixMatching and copying (see detectorScores); on `[BOS] r r` a perfect induction head
 * has .83 and not 1, since the first copy cannot be foretold: compare with the ceiling in the Result. Uniform attention
 * has about .01.
 *
 * @throws {InputError} "range" for a threshold outside 0 to 1
 * @see induction-head-detector, whose metrics are one token late and give a perfect induction head 0: in the Result as
 *   `legacy`. Attention shows neither that a head copies nor that it matters
 */
export function inductionHeadDetector(
  model: LoadedModel,
  options: DetectorOptions = {},
): InductionHeadDetector {
  detectorPlan(options);
  const settings = (overrides: DetectorOptions = {}) => ({
    ...options,
    ...withoutUndefined(overrides),
  });
  const detect = async (overrides?: DetectorOptions) => detectHeads(model, settings(overrides));
  return {
    detect,
    detectAll: async (overrides) => {
      const all: Partial<Record<PatternName, DetectorResult>> = {};
      for (const pattern of PATTERN_NAMES) all[pattern] = await detect({ ...overrides, pattern });
      return all as Record<PatternName, DetectorResult>;
    },
    attention: async (head, overrides) => headAttention(model, settings(overrides), head),
  };
}

/** The `count` heads with the highest overall score, best first; of equal ones the earlier first. */
export function topHeads(
  { heads }: Pick<DetectorResult, "heads">,
  count = 5,
): readonly DetectorHead[] {
  return heads.toSorted((head, other) => other.overall - head.overall).slice(0, count);
}

async function detectHeads(model: LoadedModel, options: DetectorOptions): Promise<DetectorResult> {
  checkCanRun("score", model);
  const backend = await engineFor(model, options);
  const plan = detectorPlan(options);
  const input = detectorInput(model.architecture, plan);
  const { pattern, control } = input;
  const started = performance.now();
  const sequences = await detectorScan(model, backend, pattern.tokens, pattern, options);
  const nulls = control && (await detectorScan(model, backend, control, pattern, options));
  return detectorResultOf({
    ...{ model, backend, input, sequences, nulls },
    threshold: plan.threshold,
    timings: { run: performance.now() - started },
  });
}

async function headAttention(
  model: LoadedModel,
  options: DetectorOptions,
  choice: HeadChoice,
): Promise<HeadAttention> {
  checkCanRun("attention", model);
  const backend = await engineFor(model, options);
  const { memory, signal, progress } = options;
  const { architecture } = model;
  const { layer, head } = headCalled(choice, architecture, "head");
  const { pattern } = detectorInput(architecture, { ...detectorPlan(options), numExamples: 1 });
  const rows = rowsOf(pattern.tokens);
  const length = rows[0]!.length;
  const data = new Float32Array(length * length);
  const receive = (_: unknown, __: number, values: Tensor) =>
    data.set(patternOf(values, 0).data.subarray(head * data.length, (head + 1) * data.length));
  await runModel(model, {
    backend,
    tokens: rows,
    names: [patternName(layer)],
    receive,
    ...{ memory, signal, progress },
  });
  return {
    pattern: tensor(["query", "key"], [length, length], data),
    tokens: rows[0]!,
    start: pattern.start,
    period: pattern.period,
  };
}
