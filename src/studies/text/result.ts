/** @file The Result of `text`: how heads attend to the repeats that a text really has, and what induction heads do to a gap. */
import { z } from "zod";
import {
  byHead,
  interval,
  intervalByHead,
  resultFooter,
  resultHeader,
} from "../../results/common.ts";

const repeatGroup = z.object({
  name: z
    .string()
    .describe("all; the length of the repeated n-gram; how far back it lies; or every copy"),
  ngram: z.int().nullable().describe("tokens that agree, 1 to 4 (4 or more); null: any"),
  distance: z
    .tuple([z.int(), z.int()])
    .nullable()
    .describe("tokens back, from the first to below the second; null: any"),
  repeats: z.int(),
  continues: z
    .number()
    .nullable()
    .describe("share of repeats after which the text goes on as it did before"),
  uniform: z.number().describe("what uniform attention has on these queries"),
  uniformByLayer: z
    .array(z.number())
    .optional()
    .describe("the same by layer, where windows or chunks hide keys; left out: all see all"),
  scores: byHead.describe("mean attention to the token after the earlier copy, [layer][head]"),
});

const share = z.object({
  mean: z.number(),
  interval: interval.describe("95 % t interval over pairs; null under 10"),
});

export const textResult = z.object({
  schema: z.literal("induction-lens/text@1"),
  ...resultHeader,
  repeats: z
    .object({
      pieces: z
        .int()
        .describe("pieces that the texts are read in; each is a unit of the intervals"),
      tokens: z.int(),
      groups: z
        .array(repeatGroup)
        .describe(
          "first all; then by n-gram; then by distance; last all again, attention summed over what followed every earlier copy",
        ),
      intervals: intervalByHead.describe("95 % of `all` over pieces (Fieller); null under 10"),
      random: z
        .object({ scores: byHead, uniform: z.number(), examples: z.int() })
        .describe("induction scores on repeated random tokens, to compare with"),
      top: z.array(
        z.object({
          layer: z.int(),
          head: z.int(),
          score: z.number(),
          low: z.number().nullable(),
          high: z.number().nullable(),
          random: z.number(),
        }),
      ),
    })
    .nullable()
    .describe("null if only pairs were asked for"),
  pairs: z
    .object({
      heads: z.array(z.string()).describe("heads that are switched off"),
      why: z.string().describe("how they were chosen"),
      ablation: z.string().describe("what switching off is"),
      list: z.array(
        z.object({
          prompts: z.tuple([z.string(), z.string()]),
          target: z.string(),
          on: z.number().describe("log p(target | first) - log p(target | second), nats"),
          off: z.number().describe("the same without the heads"),
          controls: z.array(z.number()).describe("the same without as many other heads"),
        }),
      ),
      gapOn: share,
      gapOff: share,
      change: share.describe("off less on"),
      controlChange: share.describe("the same for sets of other heads of the same layers"),
    })
    .nullable(),
  ...resultFooter,
});
export type TextResult = z.infer<typeof textResult>;
export type RepeatGroupResult = z.infer<typeof repeatGroup>;
