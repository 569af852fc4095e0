/** @file The Result of the induction-head detector: its three metrics for every head, and three thresholds. */
import { z } from "zod";
import { interval, resultFooter, resultHeader } from "../../results/common.ts";

const metrics = z.object({
  induction: z.number().describe("mean attention over pairs to the token after an earlier copy"),
  prefixMatching: z.number().describe("attention after a matching prefix of 2, minus elsewhere"),
  copying: z.number().describe("share of queries whose most attended token is the next one"),
  overall: z.number().describe("mean of the three"),
});

export const detectorHead = metrics.extend({
  layer: z.int(),
  head: z.int(),
  interval: interval.describe("95 % interval of overall over sequences; null under 10"),
  diagonal: z.number().describe("mean of A[q, q - 1] over q >= 1"),
  inductionStripe: z.number().describe("mean of A[q, q - period + 1] over the measured queries"),
  legacy: metrics.describe("as the original's code computes them, one token late"),
});
export type DetectorHead = z.infer<typeof detectorHead>;

const headCount = { threshold: z.number(), heads: z.int().describe("heads at or above it") };

export const detectorResult = z.object({
  schema: z.literal("induction-lens/detector@1"),
  ...resultHeader,
  measurable: z
    .boolean()
    .describe("whether scores on this pattern tell induction from other heads"),
  heads: z.array(detectorHead).describe("every head, in the order of layer and head"),
  ceiling: metrics.describe("the most that any attention can have on these tokens"),
  null: metrics.describe("what uniform causal attention has"),
  threshold: z.number().describe("what was asked for, on overall"),
  detected: z
    .array(z.object({ layer: z.int(), head: z.int() }))
    .describe("heads with overall at or above the threshold, best first; attention alone"),
  thresholds: z.object({
    fixed: z.object(headCount),
    fromNull: z
      .object({ ...headCount, mean: z.number(), deviation: z.number() })
      .nullable()
      .describe("mean + 3 deviations of overall over heads on control D; null without a control"),
    byGap: z
      .object({ ...headCount, size: z.number() })
      .nullable()
      .describe("middle of the largest gap between heads above .1"),
  }),
  verdictInWords: z.string(),
  ...resultFooter,
});
export type DetectorResult = z.infer<typeof detectorResult>;
