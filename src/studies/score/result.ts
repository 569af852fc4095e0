/** @file The Result of `score`: the attention scores of every head, with intervals, and the losses of both copies. */
import { z } from "zod";
import { ATTENTION_SCORES, scoreRow, type AttentionScore } from "../../measure/attentionTables.ts";
import {
  byHead,
  interval,
  intervalByHead,
  resultFooter,
  resultHeader,
} from "../../results/common.ts";

/** The attention scores, in the order in which the Result has them. */
export const SCORE_NAMES = ATTENTION_SCORES;
export type ScoreName = AttentionScore;

const scores = Object.fromEntries(
  SCORE_NAMES.map((name, index) => {
    const queries = index === 0 ? "the queries of the second copy" : "the same queries";
    const key = scoreRow(name).key.replace("S", "period");
    return [name, byHead.describe(`mean of A[q, ${key}] over ${queries}`)];
  }),
) as Record<ScoreName, typeof byHead>;

export const scoreResult = z.object({
  schema: z.literal("induction-lens/score@1"),
  ...resultHeader,
  scores: z.object(scores),
  uniform: z
    .record(z.enum(SCORE_NAMES), z.number())
    .describe("what uniform causal attention scores on these rows: the null to compare with"),
  uniformByLayer: z
    .record(z.enum(SCORE_NAMES), z.array(z.number()))
    .optional()
    .describe(
      "the same by layer, where a window or chunks keep some layers from keys of these rows; left out: all see all",
    ),
  intervals: z.object({
    induction: intervalByHead.describe(
      "95 % interval over sequences, logit-t with a correction for skew; null under 10 examples",
    ),
  }),
  precision: z
    .object({
      target: z.number(),
      heads: z
        .int()
        .optional()
        .describe("how many of the best heads it holds; older Results lack it: all"),
      halfWidth: z
        .number()
        .nullable()
        .describe("these heads' induction scores are within it at once, 95 %"),
      reached: z.boolean(),
    })
    .nullable()
    .describe("the precision that was asked for, and what was reached; null if none was asked for"),
  loss: z
    .object({
      firstCopy: z.number(),
      secondCopy: z.number(),
      copyGain: z.number().describe("firstCopy - secondCopy, nats"),
      intervals: z.object({ firstCopy: interval, secondCopy: interval, copyGain: interval }),
      examples: z.int(),
    })
    .nullable()
    .describe("mean -log p in nats of tokens 2..S of each copy; null if not asked for"),
  top: z.array(
    z.object({
      layer: z.int(),
      head: z.int(),
      score: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    }),
  ),
  seeds: z
    .object({
      seeds: z.array(z.int()),
      induction: z.array(byHead).describe("induction scores by seed, [seed][layer][head]"),
      top: z
        .array(z.array(z.object({ layer: z.int(), head: z.int() })))
        .describe("the best heads of each seed, best first"),
      apart: z
        .array(z.object({ layer: z.int(), head: z.int(), least: z.number(), most: z.number() }))
        .describe(
          "heads of which the 95 % intervals of two seeds have nothing in common, with their least and largest score",
        ),
    })
    .optional()
    .describe("what differs between seeds, where several were asked for; all else is of the first"),
  verdictInWords: z
    .string()
    .describe("one sentence: whether any head attends like an induction head on this input"),
  ...resultFooter,
});
export type ScoreResult = z.infer<typeof scoreResult>;
