/** @file How good labels are, given the truth: precision, recall, F1, and average precision of a ranking. */
import { InputError } from "../../base/errors.ts";

/** Each from 0 to 1; null where there is nothing to divide by. */
export interface DetectionQuality {
  /** TP / (TP + FP): how many of the labelled are true. */
  readonly precision: number | null;
  /** TP / (TP + FN): how many of the true are labelled. */
  readonly recall: number | null;
  /** 2 TP / (2 TP + FP + FN). */
  readonly f1: number | null;
}

/**
 * Precision, recall and F1 of labels against a causal ground truth.
 *
 * @param labels what was said, one per head
 * @param truth what is so, such as heads whose joint patch effect exceeds a bound
 * @returns null for a ratio without denominator, not the 0 or 1 that some libraries put there
 * @throws {InputError} "shape" unless there are as many of both
 */
export function detectionQuality(
  labels: readonly boolean[],
  truth: readonly boolean[],
): DetectionQuality {
  checkPairs(labels.length, truth.length);
  const both = labels.filter((label, head) => label && truth[head]).length;
  const labelled = labels.filter(Boolean).length;
  const real = truth.filter(Boolean).length;
  return {
    precision: labelled === 0 ? null : both / labelled,
    recall: real === 0 ? null : both / real,
    f1: labelled + real === 0 ? null : (2 * both) / (labelled + real),
  };
}

/**
 * Average precision of a ranking: the mean, over true heads, of the precision among all heads that score at least as high.
 *
 * Heads with equal scores enter together, so the order in which they are given does not matter.
 *
 * @param scores one per head, higher is more like induction
 * @returns 1 if all true heads lead; about the share of true heads for a random ranking; null without true heads
 * @throws {InputError} "shape" unless there are as many of both, "range" for NaN
 */
export function averagePrecision(
  scores: readonly number[],
  truth: readonly boolean[],
): number | null {
  checkPairs(scores.length, truth.length);
  if (scores.some(Number.isNaN))
    throw new InputError("range", "averagePrecision needs numbers, got NaN");
  const real = scores.filter((_, head) => truth[head]);
  if (real.length === 0) return null;
  const precisions = real.map(
    (score) =>
      real.filter((other) => other >= score).length /
      scores.filter((other) => other >= score).length,
  );
  return precisions.reduce((sum, precision) => sum + precision, 0) / real.length;
}

function checkPairs(labels: number, truth: number): void {
  if (labels === truth) return;
  throw new InputError(
    "shape",
    `quality of detection needs one truth per label, got ${labels} and ${truth}`,
  );
}
