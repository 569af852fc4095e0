/** @file From scores per head and sequence to the Result of the detector. */
import { mean } from "../../measure/mean.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import { headName } from "../../base/headName.ts";
import { scoreInterval } from "../../measure/interval.ts";
import {
  detectorCeilings,
  detectorScores,
  type DetectorScores,
} from "../../measure/prefixDetector.ts";
import { thresholdByGap, thresholdFromNull } from "../../measure/thresholds.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { DetectorHead, DetectorResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import type { DetectorInput } from "./detectorInput.ts";
import type { HeadSequence } from "./detectorScan.ts";
import { uniformPattern } from "./patternMeasures.ts";

interface Facts {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly input: DetectorInput;
  /** [layer][head][sequence]. */
  readonly sequences: readonly (readonly (readonly HeadSequence[])[])[];
  /** The same on control D; null without one. */
  readonly nulls: Facts["sequences"] | null;
  readonly threshold: number;
  readonly timings: Record<string, number>;
}

export function detectorResultOf(facts: Facts): DetectorResult {
  const { model, backend, input, sequences, nulls, threshold, timings } = facts;
  const { measurable, tokens } = input.pattern;
  const heads = sequences.flatMap((layer, index) =>
    layer.map((sequencesOf, head) => headOf(index, head, sequencesOf)),
  );
  const detected = heads
    .filter(({ overall }) => measurable && overall >= threshold)
    .toSorted((head, other) => other.overall - head.overall)
    .map(({ layer, head }) => ({ layer, head }));
  const first = tokens.data.subarray(0, tokens.shape[1]!);
  return {
    ...beginResult("induction-lens/detector@1"),
    ...headerOf(model, input.info, [...input.warnings, ...tooFewWarning(input.info.examples)]),
    measurable,
    heads,
    ceiling: detectorCeilings(first, false),
    null: detectorScores(uniformPattern("causal", first.length, first.length), first)[0]!,
    threshold,
    detected,
    thresholds: thresholdsOf(heads, nulls, threshold),
    verdictInWords: wordsOf(detected, threshold, measurable),
    ...footerOf(backend, timings),
  };
}

function headOf(layer: number, head: number, sequences: readonly HeadSequence[]): DetectorHead {
  const overall = sequences.map(({ scores }) => scores.overall);
  return {
    ...{ layer, head },
    ...meanScores(sequences.map(({ scores }) => scores)),
    interval: scoreInterval(overall),
    diagonal: mean(sequences.map(({ diagonal }) => diagonal)),
    inductionStripe: mean(sequences.map(({ inductionStripe }) => inductionStripe)),
    legacy: meanScores(sequences.map(({ legacy }) => legacy)),
  };
}

function thresholdsOf(
  heads: readonly DetectorHead[],
  nulls: Facts["nulls"],
  fixed: number,
): DetectorResult["thresholds"] {
  const scores = heads.map(({ overall }) => overall);
  const headCount = (threshold: number) => ({
    threshold,
    heads: scores.filter((score) => score >= threshold).length,
  });
  const controls = nulls
    ?.flat()
    .map((sequences) => mean(sequences.map(({ scores: { overall } }) => overall)));
  const fromNull = controls && controls.length >= 2 ? thresholdFromNull(controls) : null;
  const gap = thresholdByGap(scores);
  return {
    fixed: headCount(fixed),
    fromNull: fromNull && {
      ...headCount(fromNull.threshold),
      mean: fromNull.mean,
      deviation: fromNull.deviation,
    },
    byGap: gap && { ...headCount(gap.threshold), size: gap.size },
  };
}

function meanScores(all: readonly DetectorScores[]): DetectorScores {
  return {
    induction: mean(all.map(({ induction }) => induction)),
    prefixMatching: mean(all.map(({ prefixMatching }) => prefixMatching)),
    copying: mean(all.map(({ copying }) => copying)),
    overall: mean(all.map(({ overall }) => overall)),
  };
}

function wordsOf(
  detected: DetectorResult["detected"],
  threshold: number,
  measurable: boolean,
): string {
  if (!measurable) return "On this pattern induction cannot be told from other heads.";
  const names = detected.map(headName).join(", ");
  if (detected.length === 0)
    return `No head attends like an induction head: none reaches ${threshold}.`;
  const heads = detected.length === 1 ? "head attends" : "heads attend";
  return `${detected.length} ${heads} like an induction head: ${names}. Attention alone does not show that a head copies or matters.`;
}
