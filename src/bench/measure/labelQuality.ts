/** @file How well labels of heads agree with a known truth, with lower bounds from resampling whole models. */
import { mean } from "../../measure/mean.ts";
import { InputError } from "../../base/errors.ts";
import { random } from "../../base/random.ts";

/** One head: what it is and what it was called. */
export interface LabelledHead {
  readonly truth: string;
  readonly label: string;
}

export interface LabelQuality {
  /** confusion[truth][label]: heads. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Per true label: 2 TP / (2 TP + FP + FN), and how many heads have it. */
  readonly labels: Readonly<Record<string, BoundedF1 & { readonly heads: number }>>;
  /** Mean F1 of the labels that some head truly has. */
  readonly macro: BoundedF1;
}

export interface BoundedF1 {
  readonly f1: number;
  /** Fifth percentile over resampled models: a one-sided 95 % lower bound. */
  readonly low: number;
}

/**
 * F1 of every true label, their mean, and bounds.
 *
 * A resample that lacks a label leaves it out of that label's bound and of its own macro-F1.
 *
 * @param models heads of each model; models are what is resampled, since heads of one model are not independent
 * @returns F1 from 0 to 1; labels given at random score about their share of the heads
 * @throws {InputError} "range" if there is no head
 */
export function labelQuality(
  models: readonly (readonly LabelledHead[])[],
  { resamples = 1000, seed = 0 } = {},
): LabelQuality {
  const heads = models.flat();
  if (heads.length === 0) throw new InputError("range", "labelQuality needs a head, got none");
  const draw = random(seed);
  const sampled = Array.from({ length: resamples }, () =>
    f1Of(models.flatMap(() => models[draw.integer(0, models.length - 1)]!)),
  );
  const f1 = f1Of(heads);
  const labels = [...f1].map(([label, value]) => {
    const values = sampled.flatMap((sample) => sample.get(label) ?? []);
    const count = heads.filter(({ truth }) => truth === label).length;
    return [label, { f1: value, low: fifthPercentile(values), heads: count }] as const;
  });
  const macros = sampled.filter(({ size }) => size > 0).map((sample) => mean([...sample.values()]));
  return {
    confusion: confusionOf(heads),
    labels: Object.fromEntries(labels),
    macro: { f1: mean([...f1.values()]), low: fifthPercentile(macros) },
  };
}

/** F1 by true label, in the order of the alphabet. */
function f1Of(heads: readonly LabelledHead[]): Map<string, number> {
  const truths = [...new Set(heads.map(({ truth }) => truth))].sort();
  return new Map(
    truths.map((name) => {
      const right = heads.filter(({ truth, label }) => truth === name && label === name).length;
      const real = heads.filter(({ truth }) => truth === name).length;
      const labelled = heads.filter(({ label }) => label === name).length;
      return [name, (2 * right) / (real + labelled)];
    }),
  );
}

function confusionOf(heads: readonly LabelledHead[]): Record<string, Record<string, number>> {
  const confusion: Record<string, Record<string, number>> = {};
  for (const { truth, label } of heads) {
    const row = (confusion[truth] ??= {});
    row[label] = (row[label] ?? 0) + 1;
  }
  return confusion;
}

/** Of no values: 0, the bound that always holds. */
function fifthPercentile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(0.05 * sorted.length)] ?? 0;
}
