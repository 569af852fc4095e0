/** @file The Result of `verdict`: what each head is, the evidence for it, and the circuit. */
import { z } from "zod";
import { resultFooter, resultHeader } from "../../results/common.ts";
import { BEHAVIOURS, FLAGS, LABELS } from "../../measure/verdict/names.ts";
import { MATTERS } from "../../measure/shapleyValues.ts";
import { MECHANISMS } from "../../measure/verdict/upstream.ts";

const bounds = {
  low: z.number().nullable().describe("of the 95 % interval; null under 10 examples"),
  high: z.number().nullable(),
};
const estimate = z.object({ value: z.number().describe("mean over sequences"), ...bounds });
const drop = z.object({
  centredLogit: estimate.describe("target's logit less the mean logit, second copy"),
  nats: estimate.describe("loss of the second copy"),
});
const sizes = z.object({ centredLogit: z.number(), nats: z.number() });

const attention = z.object({
  gains: z
    .array(
      z.object({
        period: z.int(),
        score: z.number().describe("mean of A[q, q - S + 1] on [BOS] r r"),
        disjoint: z.number().describe("the same on control D, [BOS] r s"),
        reshuffled: z.number().describe("the same on control R, [BOS] r shuffled(r)"),
        ...estimate.shape,
      }),
    )
    .describe("gain = score - max(D, R) at each period, longest first"),
  induction: estimate.describe("gain at the period where its lower bound is least"),
  p: z
    .number()
    .nullable()
    .describe(
      "sign-flip test of gain <= .05, the largest over periods, adjusted over heads; null with too few sequences",
    ),
  duplicateToken: estimate.describe("gain of A[q, q - S]"),
  previousToken: estimate.describe(
    "A[q, q - 1] less that of uniform attention to what the layer sees",
  ),
  currentToken: estimate.describe("A[q, q] less that of uniform attention to what the layer sees"),
  firstToken: estimate.describe("A[q, 0] less that of uniform attention to what the layer sees"),
  fixedDistance: estimate
    .extend({ distance: z.int() })
    .nullable()
    .describe("the distance of 2 or more that is attended most on D of the longest period"),
});

const copying = z.object({
  effect: estimate.describe(
    "direct logit effect on the right token, centred, norm frozen; mean over the second copy",
  ),
  others: z.number().describe("the same on the tokens that other positions predict"),
  consistency: z
    .number()
    .nullable()
    .describe("(effect - others) / standard deviation among others; null: it writes nothing"),
  writes: z.enum(["+", "-", "none"]),
  givenOthers: estimate.describe("effect where all other candidates are mean-ablated"),
  givenResampled: estimate.describe(
    "effect where all other candidates have the outputs of other rows",
  ),
  weights: z
    .object({
      raw: z.number().nullable(),
      effective: z.number().nullable(),
    })
    .nullable()
    .describe("eigenvalue share of the full OV circuit by embedding; supports, never decides"),
});

const sufficiency = z.object({
  centredLogit: estimate.describe(
    "share of clean - corrupted that the head's clean output restores",
  ),
  logProbability: estimate.nullable(),
  nullSize: z
    .number()
    .nullable()
    .describe(
      "what null heads reach, centred logit: the 99th percentile of sizes, with fewer than 20 heads median + 3 deviations",
    ),
});

const losses = z.object({
  mean: drop.describe(
    "its mean over other rows: content is lost, and size, since a mean is smaller",
  ),
  sizedMean: drop.describe("its mean, as long as its own output: content is lost alone"),
  resample: drop.describe("its output on another row: content is lost alone"),
});

const necessity = z.object({
  alone: losses,
  givenOthers: losses.describe("what the head adds to the ablation of all other candidates"),
  patternsKept: drop.describe("the sized mean alone while all later patterns stay as they were"),
  nullSize: z
    .object({ alone: sizes, givenOthers: sizes })
    .describe("what null heads reach with their sized mean"),
});

const edge = {
  route: z.enum(["q", "k", "v"]).describe("the receiver's input that the path leads into"),
  replacement: z.literal("corrupted run").describe("what stands in for the source's output"),
  effect: z
    .number()
    .describe(
      "share of the receiver's stripe (for v: of what it writes) that is lost without the path",
    ),
  low: z.number().nullable(),
  high: z.number().nullable(),
  composition: z
    .number()
    .nullable()
    .describe("by the weights, Frobenius; random heads 1 / sqrt(d_model)"),
  compositionRank: z
    .int()
    .nullable()
    .describe("1: of all earlier heads the source composes most with the receiver by this route"),
  sharedKv: z
    .boolean()
    .describe(
      "whether other query heads read the same keys and values; only this head's copy changed",
    ),
};

const worth = z.object({
  ...estimate.shape,
  share: z.number().describe("of the copy gain"),
  matters: z.enum(MATTERS).describe("whether |value| surely reaches, or misses, `threshold` of it"),
});

const head = z.object({
  layer: z.int(),
  head: z.int(),
  kvHead: z.int(),
  depth: z.number().describe("layer / layers"),
  label: z.enum(LABELS),
  why: z.string(),
  behaviours: z
    .array(z.object({ name: z.enum(BEHAVIOURS), strength: z.number(), ...bounds }))
    .describe("those whose lower bound reaches .1, strongest first"),
  flags: z.array(z.enum(FLAGS)),
  worth: worth
    .nullish()
    .describe(
      "Shapley value for the copy gain, nats; null for heads without one; not there where it was not asked for",
    ),
  evidence: z.object({
    attention,
    copying: copying.nullable(),
    sufficiency: sufficiency
      .nullable()
      .describe("null too where clean and corrupted runs do not differ"),
    necessity: necessity.nullable(),
    stripe: z
      .object({
        whole: estimate,
        givenOthers: estimate,
        lost: estimate,
        givenResampled: estimate,
        lostResampled: estimate,
      })
      .nullable()
      .describe(
        "attention to the induction target with the other candidates, without them (mean ablation), and with their outputs on other rows",
      ),
    upstream: z
      .array(z.object({ layer: z.int(), head: z.int(), ...edge }))
      .describe("earlier heads by effect, those that were measured; empty for heads not run"),
    mechanism: z
      .enum(MECHANISMS)
      .nullable()
      .describe(
        "whether keys or queries carry the match, or a state-space layer's own convolution; none: no single earlier head does",
      ),
    convolution: estimate
      .nullish()
      .describe(
        "of a state-space layer: share of the stripe that is lost where the layer's convolution reads the current token alone",
      ),
  }),
});

const wholeWorth = z.object({
  copyGain: estimate.describe("loss of the first copy less that of the second, nats, whole model"),
  copies: z.boolean().describe("whether it is .5 nats or more; else no head matters for it"),
  none: z.number().nullable().describe("the same without any of `heads`"),
  threshold: z.number().describe("share of it from which a head matters"),
  examples: z.int(),
  heads: z.array(z.string()).describe("that have a value; all others stayed in place"),
  screened: z
    .boolean()
    .describe("whether heads were chosen: candidates, their feeders, what moves it by .01 alone"),
  design: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("exact"), subsets: z.int() }),
      z.object({ kind: z.literal("sampled"), pairs: z.int(), subsets: z.int() }),
    ])
    .nullable(),
});

/** Where a head attends to what followed an earlier copy. */
export const TEXT_PLACES = ["both", "random", "text", "neither"] as const;

const onText = z.object({
  pieces: z.int().describe("pieces that the texts are read in; each is a unit of the intervals"),
  causalPieces: z.int().describe("pieces of full length in causal runs; 0: too few for any"),
  tokens: z.int(),
  tokensSha256: z.string().nullable(),
  repeats: z.int(),
  continues: z.number().nullable().describe("share of repeats that go on as they did before"),
  uniform: z.number().describe("what uniform attention has on what followed every copy"),
  groups: z
    .array(
      z.object({
        name: z.string(),
        ngram: z.int().nullable(),
        distance: z.tuple([z.int(), z.int()]).nullable(),
        repeats: z.int(),
        continues: z.number().nullable(),
        uniform: z.number(),
        scores: z.array(z.number()).describe("of each head of `heads`, in their order"),
      }),
    )
    .describe("repeats by the length of what is repeated and by distance; the last: every copy"),
  heads: z
    .array(
      z.object({
        layer: z.int(),
        head: z.int(),
        label: z.enum(LABELS).describe("on random tokens"),
        random: z.number().describe("gain of induction attention on random tokens"),
        attention: estimate.describe("to what followed every earlier copy, summed; Fieller"),
        attends: z
          .enum(TEXT_PLACES)
          .describe(
            "text: surely .1 more than uniform attention; random: run as a candidate there",
          ),
        continued: estimate
          .nullable()
          .describe(
            "nats lost on tokens that come as they did before, with the head's output on another piece in place of its own",
          ),
        elsewhere: estimate.nullable().describe("the same on all other tokens"),
      }),
    )
    .describe("heads that attend like induction in one of the two, most on the text first"),
});

export const verdictResult = z.object({
  schema: z.literal("induction-lens/verdict@1"),
  ...resultHeader,
  ruleVersion: z
    .int()
    .optional()
    .describe("of the rule that gave the labels, see docs/verdict.md; not there in version 1"),
  periods: z.array(z.int()).describe("at which attention was measured, longest first"),
  screened: z.object({
    quick: z.boolean(),
    candidates: z
      .array(z.string())
      .describe("heads that attend like induction: all were run causally"),
    leftOut: z
      .array(z.string())
      .describe("attend like induction, but the quick verdict did not run them"),
    nullHeads: z
      .array(z.string())
      .describe("random heads of the same layers without behaviours of their own"),
    examples: z.object({ attention: z.int(), causal: z.int() }),
  }),
  causal: z
    .object({
      clean: sizes,
      corrupted: sizes,
      differs: z
        .boolean()
        .describe("whether replacing the first copy changes the prediction by 3 standard errors"),
    })
    .nullable()
    .describe("predictions of the second copy, centred logit and loss; null without candidates"),
  counts: z.partialRecord(z.enum(LABELS), z.int()),
  heads: z.array(head),
  circuit: z.object({
    present: z.boolean().describe("whether any head is labelled induction"),
    mechanism: z.enum(MECHANISMS).nullable(),
    edges: z.array(z.object({ from: z.string(), to: z.string(), ...edge })),
    depth: z
      .object({ least: z.number(), most: z.number(), withinClaim: z.int(), heads: z.int() })
      .nullable()
      .describe("of induction heads, layer / layers; withinClaim: how many lie from 1/2 to 3/4"),
  }),
  text: onText
    .nullish()
    .describe("the same heads on the repeats that a text has; not there where none was given"),
  worth: wholeWorth
    .nullish()
    .describe("what heads matter for; not there where it was not asked for"),
  words: z.array(z.string()),
  seeds: z
    .object({
      seeds: z.array(z.int()),
      induction: z
        .array(z.object({ layer: z.int(), head: z.int(), times: z.int() }))
        .describe("heads that are labelled induction with some seed, and with how many"),
      labels: z
        .array(z.object({ layer: z.int(), head: z.int(), labels: z.array(z.enum(LABELS)) }))
        .describe("heads whose label is not the same with every seed, with that of each"),
      flags: z
        .array(z.object({ layer: z.int(), head: z.int(), flags: z.array(z.array(z.enum(FLAGS))) }))
        .describe("the same for flags"),
    })
    .optional()
    .describe("what differs between seeds, where several were asked for; all else is of the first"),
  ...resultFooter,
});
export type VerdictResult = z.infer<typeof verdictResult>;
