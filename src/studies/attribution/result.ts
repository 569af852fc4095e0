/** @file The Result of attribution patching: estimates for every head and path, and exact runs of some. */
import { z } from "zod";
import { UNIT_NAMES } from "../../results/causalNames.ts";
import {
  byHead,
  interval,
  intervalByHead,
  resultFooter,
  resultHeader,
} from "../../results/common.ts";
import { metricInfo, pairInfo } from "../../results/pair.ts";

const estimates = z.object({
  unit: z.enum(UNIT_NAMES),
  axes: z.array(z.string()).describe("layer, then head or, where keys are shared, kvHead"),
  change: byHead.describe("APPROXIMATE: what the patch would add to the metric, to first order"),
  effect: byHead
    .nullable()
    .describe(
      "APPROXIMATE: the same as a share of clean - corrupted, as in patch; null if only changes were asked for",
    ),
  intervals: intervalByHead.describe(
    "95 % t interval of change over sequences, which knows nothing of the error of the approximation; null under 10",
  ),
});

export const attributionResult = z.object({
  schema: z.literal("induction-lens/attribution@1"),
  ...resultHeader,
  pair: pairInfo,
  mode: z
    .enum(["denoise", "noise"])
    .describe("denoise: gradients at the corrupted run; noise: at the clean run"),
  metric: metricInfo,
  units: z.array(estimates),
  paths: z
    .object({
      norm: z
        .literal("recomputed")
        .describe("the receiver's norm follows the change, to first order"),
      count: z.int().describe("how many paths were estimated"),
      top: z.array(
        z.object({
          from: z.string(),
          into: z.string().nullable().describe("null for the logits"),
          route: z.enum(["q", "k", "v", "logits"]),
          change: z.number().describe("APPROXIMATE: what the path alone would add to the metric"),
          effect: z
            .number()
            .nullable()
            .describe("APPROXIMATE: the same as a share of clean - corrupted"),
          interval: interval.describe("95 % t interval of change over sequences; null under 10"),
        }),
      ),
    })
    .nullable()
    .describe("direct paths, largest first; null if not asked for"),
  screen: z
    .object({
      unit: z.enum(UNIT_NAMES),
      asked: z.int(),
      confirmed: z
        .array(
          z.object({
            layer: z.int(),
            head: z.int(),
            why: z.enum(["estimate", "control"]).describe("among the best, or drawn at random"),
            estimate: z.number().describe("APPROXIMATE effect"),
            effect: z.number().describe("EXACT effect, from a run of its own"),
            low: z.number().nullable(),
            high: z.number().nullable(),
          }),
        )
        .describe("largest exact effect first"),
      largestControl: z
        .number()
        .nullable()
        .describe("largest size of an exact effect among the random heads; null without any"),
      beyond: z
        .object({
          heads: z
            .array(z.string())
            .describe("layer.head, not run exactly, whose estimate's 95 % interval excludes 0"),
          screen: z.int().describe("a screen that would run all of them exactly"),
        })
        .describe("what the screen left to the estimate, the largest first"),
    })
    .nullable()
    .describe("null if nothing was confirmed"),
  words: z.array(z.string()),
  ...resultFooter,
});
export type AttributionResult = z.infer<typeof attributionResult>;
