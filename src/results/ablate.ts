/** @file The Result of `ablate`: what the losses of both copies become without some heads. */
import { z } from "zod";
import {
  ABLATION_KINDS,
  IDEAL_PATTERNS,
  type AblationKind,
  type IdealPattern,
} from "./causalNames.ts";
import { byHead, interval, intervalByHead, resultFooter, resultHeader } from "./common.ts";

export { ABLATION_KINDS, IDEAL_PATTERNS, type AblationKind, type IdealPattern };

const losses = z.object({
  firstCopy: z.number(),
  secondCopy: z.number(),
});
const lossesByHead = z.object({ firstCopy: byHead, secondCopy: byHead });
const change = z.object({
  firstCopy: z
    .number()
    .describe("loss of tokens 2..S of the first copy, less that without the ablation, nats"),
  secondCopy: z.number().describe("the same of the second copy"),
  interval: interval.describe("95 % t interval of secondCopy over sequences; null under 10"),
});

export const ablateResult = z.object({
  schema: z.literal("induction-lens/ablate@1"),
  ...resultHeader,
  kind: z
    .enum(ABLATION_KINDS)
    .describe(
      "what hook_z of a head becomes: zero; its mean by position over the reference rows; what it is in a reference row; zero while all attention patterns stay as they were",
    ),
  reference: z
    .object({ what: z.string(), examples: z.int() })
    .nullable()
    .describe("rows that means and resampled values come from; null where none are needed"),
  given: z
    .array(z.string())
    .describe("heads that are ablated in every run, the one without more too"),
  loss: losses.describe("nats, of the run that the others are compared with"),
  heads: z
    .object({ delta: lossesByHead, intervals: intervalByHead })
    .nullable()
    .describe(
      "each head of the model alone: delta[copy][layer][head] in nats; null if not asked for",
    ),
  sets: z.array(
    change.extend({
      heads: z.array(z.string()),
      alone: z.array(z.number()).describe("secondCopy of each of its heads alone"),
      sumOfAlone: z.number(),
      synergy: z
        .number()
        .describe("secondCopy - sumOfAlone: above 0 if the heads stand in for each other"),
      givenOthers: z
        .array(z.number())
        .describe("what each of its heads adds to the ablation of the others of the set"),
    }),
  ),
  ideal: z.array(
    change.extend({
      head: z.string(),
      pattern: z.enum(IDEAL_PATTERNS),
      kept: z
        .number()
        .nullable()
        .describe(
          "1 - (loss with the ideal pattern - loss) / (loss without the head - loss), of the second copy; null if the ablation changes nothing",
        ),
    }),
  ),
  words: z.array(z.string()),
  ...resultFooter,
});
export type AblateResult = z.infer<typeof ablateResult>;
