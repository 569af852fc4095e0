/** @file The Result of `score`: five attention scores of every head, with intervals, and the losses of both copies. */
import { z } from "zod";
import {
  byHead,
  interval,
  intervalByHead,
  resultFooter,
  resultHeader,
} from "../../results/common.ts";

export const SCORE_NAMES = [
  "induction",
  "previousToken",
  "duplicateToken",
  "firstToken",
  "currentToken",
] as const;
export type ScoreName = (typeof SCORE_NAMES)[number];

export const scoreResult = z.object({
  schema: z.literal("induction-lens/score@1"),
  ...resultHeader,
  scores: z.object({
    induction: byHead.describe("mean of A[q, q - period + 1] over the queries of the second copy"),
    previousToken: byHead.describe("mean of A[q, q - 1] over the same queries"),
    duplicateToken: byHead.describe("mean of A[q, q - period] over the same queries"),
    firstToken: byHead.describe("mean of A[q, 0] over the same queries"),
    currentToken: byHead.describe("mean of A[q, q] over the same queries"),
  }),
  uniform: z
    .record(z.enum(SCORE_NAMES), z.number())
    .describe("what uniform causal attention scores on these rows: the null to compare with"),
  intervals: z.object({
    induction: intervalByHead.describe(
      "95 % interval over sequences, logit-t with a correction for skew; null under 10 examples",
    ),
  }),
  precision: z
    .object({
      target: z.number(),
      halfWidth: z
        .number()
        .nullable()
        .describe("all heads' induction scores are within it at once, 95 %"),
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
  verdictInWords: z
    .string()
    .describe("one sentence: whether any head attends like an induction head on this input"),
  ...resultFooter,
});
export type ScoreResult = z.infer<typeof scoreResult>;
