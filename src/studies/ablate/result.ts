/** @file The Result of `ablate`: what the losses of both copies become without some heads. */
import { z } from "zod";
import {
  ABLATION_KINDS,
  IDEAL_PATTERNS,
  type AblationKind,
  type IdealPattern,
} from "../../results/causalNames.ts";
import {
  byHead,
  interval,
  intervalByHead,
  resultFooter,
  resultHeader,
} from "../../results/common.ts";

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

const band = z.object({
  sets: z.int().describe("different sets, at most randomSets"),
  mean: z.number(),
  low: z.number(),
  high: z.number(),
});

const foundSet = z.object({
  heads: z.array(z.string()),
  kept: z
    .number()
    .describe(
      "1 - secondCopy / (loss of the first copy - loss of the second), on the rows of the search",
    ),
  interval: interval.describe("95 % interval of kept (Fieller)"),
  reached: z.boolean().describe("whether the search got where it should"),
  pruned: z.boolean().describe("whether heads that are not needed were looked for one by one"),
  check: z
    .object({
      what: z.string(),
      examples: z.int(),
      kept: z.number(),
      interval,
      holds: z.boolean(),
    })
    .describe("an exact run of the set on rows that the search did not see, where there are any"),
});

export const ablateResult = z.object({
  schema: z.literal("induction-lens/ablate@1"),
  ...resultHeader,
  kind: z
    .enum(ABLATION_KINDS)
    .describe(
      "what hook_z of a head becomes: zero; its mean by position over the reference rows; that mean as long as the output, so that norms divide by as much as before; what it is in a reference row; zero while all attention patterns stay as they were",
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
      synergyInterval: interval.describe("95 % t interval of synergy over sequences"),
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
  curve: z
    .object({
      order: z
        .array(z.object({ head: z.string(), score: z.number() }))
        .describe("heads in the order in which they go: induction score, highest first"),
      randomSets: z.int().describe("random sets that were asked for, for each point"),
      points: z.array(
        change.extend({
          count: z.int().describe("how many heads of the order are ablated together"),
          anyHeads: band
            .nullish()
            .describe(
              "the same of random sets of any heads of the model, those that attend like induction too; older Results lack it",
            ),
          random: band
            .nullable()
            .describe(
              "secondCopy of random sets of other heads, as many in each layer, none of which attends like induction: mean, lowest, highest; null where those layers have fewer than three such sets",
            ),
        }),
      ),
    })
    .nullable()
    .describe("null if not asked for"),
  minimal: z
    .object({
      share: z.number(),
      necessary: foundSet.describe("without these heads at most 1 - share is kept"),
      sufficient: foundSet.describe("without all heads but these at least share is kept"),
    })
    .nullable()
    .describe("greedy: no smaller set was looked for; null if not asked for"),
  words: z.array(z.string()),
  ...resultFooter,
});
export type AblateResult = z.infer<typeof ablateResult>;
