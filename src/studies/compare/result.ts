/** @file The Result of `compare`: what every model does, and how each differs from the first. */
import { z } from "zod";
import { FLAGS, LABELS } from "../../measure/verdict/names.ts";
import { ATTENTION_SCORES, scoreRow, type AttentionScore } from "../../measure/attentionTables.ts";
import {
  byHead,
  environmentInfo,
  inputInfo,
  intervalByHead,
  modelInfo,
} from "../../results/common.ts";

const headAt = { layer: z.int(), head: z.int() };
const bounds = {
  low: z.number().nullable().describe("of the 95 % interval; null under 10 rows"),
  high: z.number().nullable(),
};
const estimate = z.object({ value: z.number().describe("mean over rows"), ...bounds });

/** What is compared of a head: the attention scores, and the direct effect. */
export const COMPARED = [...ATTENTION_SCORES, "effect"] as const;
export type ComparedNumber = (typeof COMPARED)[number];

const scores = Object.fromEntries(
  ATTENTION_SCORES.map((name) => [
    name,
    byHead.describe(`mean of A[q, ${scoreRow(name).key}] over the second copy's queries`),
  ]),
) as Record<AttentionScore, typeof byHead>;

const inductionHeads = z.object({
  count: z.int(),
  by: z
    .enum(["label", "attention"])
    .describe(
      "label: those that the verdict calls induction; attention: score of .3 or more, and twice that of uniform attention in its layer",
    ),
  heads: z.array(z.object(headAt)),
  depth: z
    .object({ least: z.number(), most: z.number() })
    .nullable()
    .describe("layer / layers; null where there is none"),
});

const comparedVerdict = z.object({
  labels: z.array(z.array(z.enum(LABELS))).describe("[layer][head]"),
  flags: z.array(z.array(z.array(z.enum(FLAGS)))).describe("[layer][head]"),
  counts: z.partialRecord(z.enum(LABELS), z.int()),
  edges: z
    .array(z.object({ from: z.string(), to: z.string(), route: z.enum(["q", "k", "v"]) }))
    .describe("of the circuit"),
});

const comparedModel = z.object({
  ...modelInfo.shape,
  parameters: z.number().describe("values of all weights"),
  input: inputInfo,
  warnings: z.array(z.string()),
  scores: z.object(scores),
  intervals: z.object({
    induction: intervalByHead.describe("95 % interval over rows; null under 10 rows"),
  }),
  uniform: z.record(z.enum(ATTENTION_SCORES), z.number()),
  uniformByLayer: z
    .record(z.enum(ATTENTION_SCORES), z.array(z.number()))
    .optional()
    .describe("the same by layer, where windows or chunks hide keys; left out: all see all"),
  effects: byHead
    .nullable()
    .describe(
      "direct logit effect on the token that induction predicts, centred, norm frozen; logits, mean over rows",
    ),
  noEffects: z.string().nullable().describe("why there are no effects; null where there are"),
  loss: z
    .object({ firstCopy: estimate, secondCopy: estimate, copyGain: estimate })
    .nullable()
    .describe("nats; null for a model without logits"),
  best: z
    .object({ ...headAt, depth: z.number(), score: z.number(), ...bounds })
    .describe("the head with the highest induction score"),
  inductionHeads,
  verdict: comparedVerdict.nullable().describe("null unless verdicts were asked for"),
});

const difference = z.object({
  value: z.number().describe("second - first, mean over rows"),
  ...bounds,
  p: z.number().nullable().describe("that the means differ by no more than the margin"),
  q: z.number().nullable().describe("p adjusted over all heads and measures of the pair"),
});

const headDifference = z.object({
  ...headAt,
  ...(Object.fromEntries(ATTENTION_SCORES.map((name) => [name, difference])) as Record<
    AttentionScore,
    typeof difference
  >),
  effect: difference.nullable().describe("null where a model has no effects"),
  found: z.array(z.enum(COMPARED)).describe("differences with q at or below the level"),
});

const labelChange = z.object({
  ...headAt,
  from: z.enum(LABELS),
  to: z.enum(LABELS),
  undecided: z.boolean().describe("whether either label has the flag undecided"),
  parted: z
    .array(z.string())
    .describe("evidence whose intervals in the two models have nothing in common"),
});

const edge = z.object({ from: z.string(), to: z.string(), route: z.enum(["q", "k", "v"]) });

/** What differs between two verdicts of one architecture. */
export const labelChanges = z.object({
  labels: z.array(labelChange),
  flags: z.array(
    z.object({ ...headAt, gained: z.array(z.enum(FLAGS)), lost: z.array(z.enum(FLAGS)) }),
  ),
  edges: z.object({ gained: z.array(edge), lost: z.array(edge) }),
});

const matching = z.object({
  heads: z
    .tuple([z.int(), z.int()])
    .describe("heads that take part: those that do something, at most 200 of each model"),
  matches: z
    .array(
      z.object({
        first: z.object(headAt),
        second: z.object(headAt),
        distance: z.number().describe("of scores and of effects by the model's largest"),
      }),
    )
    .describe("heads that are each other's nearest, closest first"),
  distance: z
    .number()
    .nullable()
    .describe("mean distance to the nearest head of the other model; null without heads"),
  random: z
    .object({ mean: z.number(), low: z.number(), high: z.number() })
    .nullable()
    .describe("the same where each measure is shuffled over the heads of the second model"),
  p: z.number().nullable().describe("share of shuffles that match as closely"),
});

const pair = z.object({
  first: z.int().describe("index of the model"),
  second: z.int(),
  sameArchitecture: z.boolean().describe("as many layers and heads, of one family"),
  paired: z.boolean().describe("whether both ran the same rows"),
  tests: z.int().describe("differences of heads that were tested; 0 for other architectures"),
  discoveries: z.int(),
  heads: z.array(headDifference).nullable().describe("null for other architectures"),
  loss: z
    .object({ firstCopy: difference, secondCopy: difference, copyGain: difference })
    .nullable()
    .describe("nats, q is p; null where a model has none"),
  changes: labelChanges.nullable().describe("null without verdicts and for other architectures"),
  matching,
});

export const compareResult = z.object({
  schema: z.literal("induction-lens/compare@1"),
  version: z.string(),
  rows: z.object({
    shared: z.boolean(),
    why: z.string().describe("why the models ran the same rows, or why they did not"),
  }),
  settings: z.object({
    margin: z.object({
      attention: z.number().describe("difference of attention that still counts as none"),
      effect: z.number().describe("the same of effects, logits"),
    }),
    level: z.number().describe("false-discovery rate, Benjamini-Hochberg"),
    verdicts: z.enum(["none", "quick", "full"]),
  }),
  models: z.array(comparedModel),
  pairs: z.array(pair).describe("the first model with each of the others"),
  words: z.array(z.string()),
  warnings: z.array(z.string()),
  environment: environmentInfo,
  timings: z.record(z.string(), z.number()).describe("milliseconds by step"),
});
export type CompareResult = z.infer<typeof compareResult>;
export type ComparedModel = CompareResult["models"][number];
export type ComparedPair = CompareResult["pairs"][number];
