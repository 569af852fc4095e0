/** @file The Result of `patch`: what each component carries of the difference between a clean and a corrupted run. */
import { z } from "zod";
import { FINGERPRINT_DESIGNS, FINGERPRINT_UNITS, UNIT_NAMES } from "../../results/causalNames.ts";
import { interval, resultFooter, resultHeader } from "../../results/common.ts";
import { components, metricInfo, pairInfo } from "../../results/pair.ts";

export const patchResult = z.object({
  schema: z.literal("induction-lens/patch@1"),
  ...resultHeader,
  pair: pairInfo,
  mode: z
    .enum(["denoise", "noise"])
    .describe("denoise: clean values into the corrupted run; noise: the other way round"),
  unit: z.enum(UNIT_NAMES),
  heads: z
    .array(z.string())
    .nullable()
    .describe("the heads that were chosen, in the order of values and effects; null for all"),
  axes: z.array(z.string()).describe("what the levels of values and effects are"),
  metric: metricInfo,
  values: components.describe("the metric of each patched run"),
  effects: components
    .nullable()
    .describe(
      "denoise: (patched - corrupted) / (clean - corrupted); noise: (clean - patched) / (clean - corrupted); null if only the raw metric was asked for",
    ),
  intervals: z
    .array(z.array(interval))
    .nullable()
    .describe(
      "95 % intervals (Fieller) of the effects [layer][head], one row for chosen heads; null by position, or without effects",
    ),
  centredLogit: z
    .object({ clean: z.number(), corrupted: z.number(), values: components, effects: components })
    .nullable()
    .describe(
      "the same with the target logit less the mean logit, which does not saturate; null if it is the metric, or if clean and corrupted do not differ in it",
    ),
  important: z
    .array(
      z.object({
        layer: z.int(),
        head: z.int().nullable(),
        position: z.int().nullable(),
        key: z.int().nullable().describe("of a pattern's entry, whose query is position"),
        effect: z.number(),
        low: z.number().nullable(),
        high: z.number().nullable(),
      }),
    )
    .describe("components whose effect is at least `threshold` in size, largest first"),
  threshold: z.number(),
  ...resultFooter,
});
export type PatchResult = z.infer<typeof patchResult>;

const cell = z.object({
  effect: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  mark: z
    .enum(["tick", "cross", "between"])
    .describe("tick: at least half of the output effect; cross: at most a fifth"),
});
export type FingerprintCell = z.infer<typeof cell>;

export const fingerprintResult = z.object({
  schema: z.literal("induction-lens/fingerprint@1"),
  ...resultHeader,
  metric: z.record(z.enum(FINGERPRINT_DESIGNS), metricInfo),
  null: z.object({
    heads: z.array(z.string()).describe("random heads of the same layers"),
    effect: z
      .record(z.enum(FINGERPRINT_DESIGNS), z.number())
      .describe("99th percentile of the size of their output effects"),
  }),
  heads: z.array(
    z.object({
      layer: z.int(),
      head: z.int(),
      cells: z.record(z.enum(FINGERPRINT_DESIGNS), z.record(z.enum(FINGERPRINT_UNITS), cell)),
      aboveNull: z
        .boolean()
        .describe("whether its output effect is above that of random heads in every design"),
      matches: z
        .boolean()
        .describe(
          "whether all 20 marks are those of an induction head; false if not above the null",
        ),
    }),
  ),
  ...resultFooter,
});
export type FingerprintResult = z.infer<typeof fingerprintResult>;
