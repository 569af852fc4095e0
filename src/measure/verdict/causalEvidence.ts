/** @file From the numbers of causal runs to evidence per candidate: what it writes, and whether it matters. */
import { denoiseEffect } from "../effects.ts";
import { quantile } from "../interval.ts";
import { moments } from "../moments.ts";
import type { CausalNumbers, Metrics } from "./causal.ts";
import type { WrittenEffect } from "./copying.ts";
import { atLeast, atMost, meanEstimate, type Estimate } from "./estimate.ts";
import {
  LEAST_CONSISTENCY,
  LEAST_EFFECT,
  NULL_DEVIATIONS,
  NULL_HEADS,
  NULL_QUANTILE,
} from "./thresholds.ts";

/** How much lower the metrics are without a head. Above 0: the head helped. */
export interface Drop {
  readonly centredLogit: Estimate;
  /** Of the log-probability, which is a rise of the loss. */
  readonly nats: Estimate;
}

export type Sign = "+" | "-" | "none";

export interface CopyingEvidence {
  /** Direct logit effect on the right token, centred, norm frozen: mean over second-copy positions. */
  readonly effect: Estimate;
  /** The same on the tokens that the other positions predict. */
  readonly others: number;
  /** (effect - others) / standard deviation among others; null for a head that writes nothing. */
  readonly consistency: number | null;
  readonly writes: Sign;
  /** Effect where all other candidates are mean-ablated. */
  readonly givenOthers: Estimate;
  /** Effect where all other candidates have the outputs of other rows. */
  readonly givenResampled: Estimate;
}

export interface SufficiencyEvidence {
  /** Share of clean - corrupted that the head's clean output brings back. */
  readonly centredLogit: Estimate;
  /** Null where clean and corrupted log-probabilities do not differ. */
  readonly logProbability: Estimate | null;
  /** What null heads reach, centred logit; see nullSizeOf. */
  readonly nullSize: number | null;
}

/** What is lost without a head, by what stands in for its output. */
export interface Losses {
  /** Its mean over other rows: takes off content, and size too, since a mean is smaller than what it stands for. */
  readonly mean: Drop;
  /** Its mean, as long as its own output: content only. */
  readonly sizedMean: Drop;
  /** Its output on another row: content only. */
  readonly resample: Drop;
}

export interface NecessityEvidence {
  readonly alone: Losses;
  readonly givenOthers: Losses;
  /** The sized mean alone, all later attention patterns kept. */
  readonly patternsKept: Drop;
  readonly nullSize: {
    readonly alone: { readonly centredLogit: number; readonly nats: number };
    readonly givenOthers: { readonly centredLogit: number; readonly nats: number };
  };
}

export interface StripeEvidence {
  /** Attention to the induction target on the causal rows. */
  readonly whole: Estimate;
  /** The other candidates mean-ablated. */
  readonly givenOthers: Estimate;
  readonly lost: Estimate;
  /** The other candidates with the outputs of other rows. */
  readonly givenResampled: Estimate;
  readonly lostResampled: Estimate;
}

export interface CausalEvidence {
  readonly copying: CopyingEvidence | null;
  /** Null where clean and corrupted runs do not differ. */
  readonly sufficiency: SufficiencyEvidence | null;
  readonly necessity: NecessityEvidence;
  readonly stripe: StripeEvidence;
}

/** What all candidates are measured against. */
export interface CausalScale {
  readonly clean: { readonly centredLogit: number; readonly nats: number };
  readonly corrupted: { readonly centredLogit: number; readonly nats: number };
  /** Whether clean and corrupted centred logits differ by 3 standard errors. */
  readonly differs: boolean;
  /** The larger of |clean - corrupted| and the largest direct effect of a candidate, centred logit. */
  readonly reference: number;
  /** |clean - corrupted| in nats. */
  readonly referenceNats: number;
  /**
   * How much wider intervals are over tokens than over sequences: sqrt(tokens measured / vocabulary), at least 1. Tokens of
   * a small vocabulary come again in every sequence, so that a head that writes at random favours the right ones by
   * chance in all sequences alike.
   */
  readonly widening: number;
  readonly candidates: number;
  readonly nullHeads: number;
}

/**
 * @param candidates how many of the heads are candidates; the rest are null heads
 * @param tokens predicted in all sequences together; vocabulary: ordinary tokens that they were drawn from
 */
export function causalScale(
  numbers: CausalNumbers,
  candidates: number,
  { tokens, vocabulary }: { readonly tokens: number; readonly vocabulary: number },
): CausalScale {
  const difference = minus(numbers.clean.centredLogit, numbers.corrupted.centredLogit);
  const { mean } = moments(difference);
  const nats = (metrics: Metrics) => -moments(metrics.logProbability).mean;
  const direct = (numbers.directEffects ?? [])
    .slice(0, candidates)
    .map((rows) => Math.abs(ownOf(rows)));
  return {
    clean: { centredLogit: moments(numbers.clean.centredLogit).mean, nats: nats(numbers.clean) },
    corrupted: {
      centredLogit: moments(numbers.corrupted.centredLogit).mean,
      nats: nats(numbers.corrupted),
    },
    differs: runsDiffer(numbers.clean.centredLogit, numbers.corrupted.centredLogit),
    reference: Math.max(Math.abs(mean), ...direct),
    referenceNats: Math.abs(nats(numbers.clean) - nats(numbers.corrupted)),
    widening: Math.sqrt(Math.max(1, tokens / vocabulary)),
    candidates,
    nullHeads: numbers.sufficiency.length - candidates,
  };
}

/** The evidence of candidate `index`. */
export function causalEvidence(
  numbers: CausalNumbers,
  scale: CausalScale,
  index: number,
): CausalEvidence {
  const { clean, mean, sizedMean, resample } = numbers;
  const alone = (of: CausalNumbers["mean"], head: number) => dropOf(clean, of.alone[head]!);
  const withOthers = (of: CausalNumbers["mean"], head: number) =>
    head < scale.candidates
      ? dropOf(of.amongOthers[head]!, of.allGone)
      : dropOf(of.allGone, of.amongOthers[head]!);
  const losses = (of: (ablated: CausalNumbers["mean"]) => Drop): Losses => ({
    mean: of(mean),
    sizedMean: of(sizedMean),
    resample: of(resample),
  });
  const nulls = Array.from({ length: scale.nullHeads }, (_, place) => scale.candidates + place);
  const nullSize = (of: (head: number) => Drop) => ({
    centredLogit: nullSizeOf(nulls.map((head) => of(head).centredLogit.value)),
    nats: nullSizeOf(nulls.map((head) => of(head).nats.value)),
  });
  return {
    copying: copyingOf(numbers, scale, index),
    sufficiency: sufficiencyOf(numbers, scale, index, nulls),
    necessity: {
      alone: losses((of) => alone(of, index)),
      givenOthers: losses((of) => withOthers(of, index)),
      patternsKept: dropOf(clean, numbers.frozen[index]!),
      nullSize: {
        alone: nullSize((head) => alone(sizedMean, head)),
        givenOthers: nullSize((head) => withOthers(sizedMean, head)),
      },
    },
    stripe: stripeOf(numbers, index),
  };
}

function stripeOf(
  { stripe, stripeGivenOthers, stripeGivenResampled }: CausalNumbers,
  index: number,
): StripeEvidence {
  const [whole, others, resampled] = [stripe, stripeGivenOthers, stripeGivenResampled].map(
    (all) => all[index]!,
  ) as [readonly number[], readonly number[], readonly number[]];
  return {
    whole: meanEstimate(whole),
    givenOthers: meanEstimate(others),
    lost: meanEstimate(minus(whole, others)),
    givenResampled: meanEstimate(resampled),
    lostResampled: meanEstimate(minus(whole, resampled)),
  };
}

function copyingOf(
  { directEffects: writes, directEffectsGivenOthers, directEffectsGivenResampled }: CausalNumbers,
  scale: CausalScale,
  index: number,
): CopyingEvidence | null {
  if (!writes || !directEffectsGivenOthers || !directEffectsGivenResampled) return null;
  const all = writes[index]!;
  const effect = meanEstimate(all.map(({ own }) => own));
  const others = moments(all.map((entry) => entry.others)).mean;
  const observedSpread = Math.sqrt(moments(all.map((entry) => entry.spread ** 2)).mean);
  const spread = Math.max(observedSpread, LEAST_SPREAD * Math.abs(effect.value));
  const consistency = spread > 0 ? (effect.value - others) / spread : null;
  return {
    effect,
    others,
    consistency,
    writes: signOf(effect, consistency, LEAST_EFFECT * scale.reference),
    givenOthers: meanEstimate(directEffectsGivenOthers[index]!.map(({ own }) => own)),
    givenResampled: meanEstimate(directEffectsGivenResampled[index]!.map(({ own }) => own)),
  };
}

/** Of an effect: others that are all alike to the last digit differ by rounding alone. */
const LEAST_SPREAD = 1e-6;

/** The interval lies on one side of zero, the effect is not negligible, and it is the right token's more than others'. */
function signOf(effect: Estimate, consistency: number | null, least: number): Sign {
  if (consistency === null || Math.abs(effect.value) < least) return "none";
  if (atLeast(effect) > 0 && consistency >= LEAST_CONSISTENCY) return "+";
  if (atMost(effect) < 0 && consistency <= -LEAST_CONSISTENCY) return "-";
  return "none";
}

function sufficiencyOf(
  { clean, corrupted, sufficiency }: CausalNumbers,
  { differs }: CausalScale,
  index: number,
  nulls: readonly number[],
): SufficiencyEvidence | null {
  if (!differs) return null;
  const effect = (head: number, metric: keyof Metrics): Estimate => {
    const estimate = denoiseEffect({
      clean: clean[metric],
      corrupted: corrupted[metric],
      patched: sufficiency[head]![metric],
    });
    const [low, high] = estimate.interval ?? [null, null];
    return { value: estimate.effect, low, high };
  };
  return {
    centredLogit: effect(index, "centredLogit"),
    logProbability: runsDiffer(clean.logProbability, corrupted.logProbability)
      ? effect(index, "logProbability")
      : null,
    nullSize:
      nulls.length > 0 ? nullSizeOf(nulls.map((head) => effect(head, "centredLogit").value)) : null,
  };
}

/** Whether two runs differ by 3 standard errors: a share of a smaller difference means nothing. */
function runsDiffer(clean: readonly number[], corrupted: readonly number[]): boolean {
  const { mean, standardError } = moments(minus(clean, corrupted));
  return mean !== 0 && !(Math.abs(mean) < 3 * standardError);
}

function dropOf(before: Metrics, after: Metrics): Drop {
  return {
    centredLogit: meanEstimate(minus(before.centredLogit, after.centredLogit)),
    nats: meanEstimate(minus(before.logProbability, after.logProbability)),
  };
}

/**
 * What null heads reach: the 99th percentile of sizes where there are twenty; fewer cannot show it, and one that matters
 * after all must not hide every candidate, so then median + 3 x 1.4826 x median absolute deviation. 0 without null heads.
 */
export function nullSizeOf(values: readonly number[]): number {
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  if (sizes.length === 0) return 0;
  if (sizes.length >= NULL_HEADS) return quantile(sizes, NULL_QUANTILE);
  const median = quantile(sizes, 0.5);
  const deviations = sizes.map((size) => Math.abs(size - median)).sort((a, b) => a - b);
  return median + NULL_DEVIATIONS * 1.4826 * quantile(deviations, 0.5);
}

function ownOf(writes: readonly WrittenEffect[]): number {
  return moments(writes.map(({ own }) => own)).mean;
}

function minus(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, example) => value - right[example]!);
}
