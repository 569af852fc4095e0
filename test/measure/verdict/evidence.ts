/** @file Evidence of heads that never were: what rules make of it. */
import type { AttentionEvidence } from "../../../src/measure/verdict/attention.ts";
import type {
  CausalEvidence,
  CausalScale,
  Drop,
  Losses,
  Sign,
} from "../../../src/measure/verdict/causalEvidence.ts";
import type { Estimate } from "../../../src/measure/verdict/estimate.ts";
import type { HeadEvidence } from "../../../src/measure/verdict/rules.ts";

/** A mean with an interval of .02 on both sides. */
export function about(value: number, reach = 0.02): Estimate {
  return { value, low: value - reach, high: value + reach };
}

export function attention(strengths: Partial<Record<keyof AttentionEvidence, number>> = {}) {
  const of = (name: keyof AttentionEvidence) => about(strengths[name] ?? 0);
  const evidence: AttentionEvidence = {
    gains: [],
    induction: of("induction"),
    p: strengths.p ?? 0.001,
    duplicateToken: of("duplicateToken"),
    previousToken: of("previousToken"),
    currentToken: of("currentToken"),
    firstToken: of("firstToken"),
    fixedDistance: { distance: 7, ...of("fixedDistance") },
  };
  return evidence;
}

const drop = (logit: number, nats: number): Drop => ({
  centredLogit: about(logit, 0.1),
  nats: about(nats, 0.01),
});

function losses(mean: readonly [number, number], content = mean): Losses {
  return { mean: drop(...mean), sizedMean: drop(...content), resample: drop(...content) };
}

export interface Cause {
  readonly writes?: Sign;
  /** Direct effect on the right token; left out: 10, -10 or 0, as `writes` says. */
  readonly effect?: number;
  readonly alone?: readonly [logit: number, nats: number];
  readonly amongOthers?: readonly [logit: number, nats: number];
  /** What is lost alone and given the others by another row's output and by the sized mean; left out: as by the mean. */
  readonly content?: readonly [logit: number, nats: number];
  readonly patternsKept?: number;
  readonly stripeGivenOthers?: number;
  readonly effectGivenOthers?: number;
}

export function cause({
  writes = "+",
  effect = { "+": 10, "-": -10, none: 0 }[writes],
  alone = [10, 2],
  amongOthers = alone,
  content,
  patternsKept = alone[0],
  stripeGivenOthers = 0.9,
  effectGivenOthers,
}: Cause = {}): CausalEvidence {
  return {
    copying: {
      effect: about(effect),
      others: 0,
      consistency: effect / 4,
      writes,
      givenOthers: about(effectGivenOthers ?? effect),
      givenResampled: about(effectGivenOthers ?? effect),
    },
    sufficiency: null,
    necessity: {
      alone: losses(alone, content),
      givenOthers: losses(amongOthers, content),
      patternsKept: drop(patternsKept, alone[1]),
      nullSize: {
        alone: { centredLogit: 0.5, nats: 0.05 },
        givenOthers: { centredLogit: 0.5, nats: 0.05 },
      },
    },
    stripe: {
      whole: about(0.9),
      givenOthers: about(stripeGivenOthers),
      lost: about(0.9 - stripeGivenOthers),
      givenResampled: about(stripeGivenOthers),
      lostResampled: about(0.9 - stripeGivenOthers),
    },
  };
}

export const SCALE: CausalScale = {
  clean: { centredLogit: 20, nats: 0.1 },
  corrupted: { centredLogit: 0, nats: 5 },
  differs: true,
  reference: 20,
  referenceNats: 5,
  widening: 1,
  candidates: 3,
  nullHeads: 20,
};

export function head(
  strengths: Parameters<typeof attention>[0],
  causal: CausalEvidence | null = null,
  scale: CausalScale = SCALE,
): HeadEvidence {
  return { attention: attention(strengths), causal, scale: causal && scale };
}
