/** @file The Result of `behaviours`: every head's score for every behaviour, with intervals and nulls. */
import { z } from "zod";
import { byHead, intervalByHead, resultFooter, resultHeader } from "../../results/common.ts";

/** Which of several copies a head follows: one of them with more than half of what it pays to all, or several. */
export const FOLLOWED = ["first", "middle", "last", "several"] as const;

const measuredHead = z.object({
  layer: z.int(),
  head: z.int(),
  score: z.number(),
  excess: z.number(),
  low: z.number().nullable().describe("of the excess"),
  high: z.number().nullable().describe("of the excess"),
});

const behaviour = z.object({
  name: z.string(),
  title: z.string(),
  formula: z.string().describe("what is computed, with indices"),
  source: z.string(),
  kind: z
    .enum(["share", "difference", "logits"])
    .describe(
      "share: 0 to 1; difference: -1 to 1, 0 for a head that does not tell two cues apart; logits: any number",
    ),
  scene: z.string().describe("the rows that it is measured on"),
  uniform: z
    .number()
    .describe(
      "what uniform causal attention scores on these rows; by weights alone: what chance does",
    ),
  scores: byHead.describe("mean over rows"),
  intervals: intervalByHead.describe("95 % interval of the score over rows; null under 10 rows"),
  controls: byHead
    .nullable()
    .describe(
      "the same places in rows without the cue: the null of each head; null for differences, whose null is 0",
    ),
  excess: byHead.describe("score less control, row by row: what the head owes to the cue"),
  excessIntervals: intervalByHead.describe("95 % interval of the excess over rows (t)"),
  heads: z
    .array(measuredHead)
    .describe("heads whose excess is surely `least` or more, highest first"),
});
export type BehaviourResult = z.infer<typeof behaviour>;

export const behavioursResult = z.object({
  schema: z.literal("induction-lens/behaviours@1"),
  ...resultHeader,
  scenes: z.array(
    z.object({
      name: z.string(),
      layout: z.string().describe("a row, in words"),
      length: z.int().describe("tokens in a row, BOS included"),
      examples: z.int(),
      variants: z.array(z.string()).describe("versions of each row that are run"),
    }),
  ),
  least: z
    .number()
    .describe("excess from which a head counts, surely: the low end of its interval"),
  behaviours: z.array(behaviour),
  copies: z
    .array(
      z.object({
        layer: z.int(),
        head: z.int(),
        first: z.number(),
        middle: z.number(),
        last: z.number(),
        follows: z.enum(FOLLOWED),
      }),
    )
    .nullable()
    .describe(
      "heads that follow copies, by the excess of firstCopy, middleCopy and lastCopy; null where these were not measured",
    ),
  overlap: z
    .object({
      retrieval: z.int().describe("heads that surely retrieve"),
      induction: z.int().describe("heads that surely have pairInduction"),
      both: z.array(z.object({ layer: z.int(), head: z.int() })),
      rankCorrelation: z
        .number()
        .nullable()
        .describe("of the two excesses over all heads; null where one of them is the same for all"),
    })
    .nullable()
    .describe(
      "retrieval beside induction on random tokens; null where one of them was not measured",
    ),
  skipped: z.array(z.object({ behaviour: z.string(), why: z.string() })),
  words: z.array(z.string()),
  ...resultFooter,
});
export type BehavioursResult = z.infer<typeof behavioursResult>;
