/** @file The numbers of causal runs, one per example, as they come from the runs and before anything is made of them. */
import type { WrittenEffect } from "./copying.ts";

/** A run's metrics, higher is better at continuing the repeat. */
export interface Metrics {
  /** Mean over second-copy positions of the target's logit less the mean logit. */
  readonly centredLogit: number[];
  /** Mean log-probability of the target, nats. */
  readonly logProbability: number[];
}

export interface AblationMetrics {
  /** Each head alone, candidates first, then null heads. */
  readonly alone: readonly Metrics[];
  /** All candidates together. */
  readonly allGone: Metrics;
  /** All candidates but the one in question; for a null head all candidates and it. */
  readonly amongOthers: readonly Metrics[];
}

export interface CausalNumbers {
  readonly clean: Metrics;
  readonly corrupted: Metrics;
  /** The corrupted run with the head's clean output. */
  readonly sufficiency: readonly Metrics[];
  /** Of candidates alone: a mean is smaller than what it stands for, so that norms divide by less. */
  readonly mean: AblationMetrics;
  /** The mean as long as the head's own output, which keeps that. Null heads too. */
  readonly sizedMean: AblationMetrics;
  /** Of candidates alone: the null is that of the sized mean. */
  readonly resample: AblationMetrics;
  /** Candidates replaced by their sized mean while all later patterns stay: what they do by any way but later heads' attention. */
  readonly frozen: readonly Metrics[];
  /** Attention to the induction target, [candidate][example]. */
  readonly stripe: readonly (readonly number[])[];
  /** The same where all other candidates are mean-ablated. */
  readonly stripeGivenOthers: readonly (readonly number[])[];
  /** The same where they have the outputs of other rows. */
  readonly stripeGivenResampled: readonly (readonly number[])[];
  /** [head][example]; null where it cannot be read off the weights. */
  readonly directEffects: readonly (readonly WrittenEffect[])[] | null;
  readonly directEffectsGivenOthers: readonly (readonly WrittenEffect[])[] | null;
  readonly directEffectsGivenResampled: readonly (readonly WrittenEffect[])[] | null;
}

/** The numbers of two sets of examples as those of all of them. */
export function joinedNumbers(left: CausalNumbers, right: CausalNumbers): CausalNumbers {
  const metrics = (a: Metrics, b: Metrics): Metrics => ({
    centredLogit: [...a.centredLogit, ...b.centredLogit],
    logProbability: [...a.logProbability, ...b.logProbability],
  });
  const each = (a: readonly Metrics[], b: readonly Metrics[]) =>
    a.map((first, index) => metrics(first, b[index]!));
  const lists = <Item>(a: readonly (readonly Item[])[], b: readonly (readonly Item[])[]) =>
    a.map((list, index) => [...list, ...b[index]!]);
  const both = (a: CausalNumbers["directEffects"], b: CausalNumbers["directEffects"]) =>
    a && b && lists(a, b);
  const ablated = (a: AblationMetrics, b: AblationMetrics): AblationMetrics => ({
    alone: each(a.alone, b.alone),
    allGone: metrics(a.allGone, b.allGone),
    amongOthers: each(a.amongOthers, b.amongOthers),
  });
  return {
    clean: metrics(left.clean, right.clean),
    corrupted: metrics(left.corrupted, right.corrupted),
    sufficiency: each(left.sufficiency, right.sufficiency),
    mean: ablated(left.mean, right.mean),
    sizedMean: ablated(left.sizedMean, right.sizedMean),
    resample: ablated(left.resample, right.resample),
    frozen: each(left.frozen, right.frozen),
    stripe: lists(left.stripe, right.stripe),
    stripeGivenOthers: lists(left.stripeGivenOthers, right.stripeGivenOthers),
    stripeGivenResampled: lists(left.stripeGivenResampled, right.stripeGivenResampled),
    directEffects: both(left.directEffects, right.directEffects),
    directEffectsGivenOthers: both(left.directEffectsGivenOthers, right.directEffectsGivenOthers),
    directEffectsGivenResampled: both(
      left.directEffectsGivenResampled,
      right.directEffectsGivenResampled,
    ),
  };
}
