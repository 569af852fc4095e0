/** @file The Result of `analyse`: an induction test, a patch scan, attention, lens and scores of one model. */
import { z } from "zod";
import { attentionResult } from "../attention/result.ts";
import { attributionResult } from "../attribution/result.ts";
import { interval, resultFooter, resultHeader } from "../../results/common.ts";
import { lensResult } from "../lens/result.ts";
import { patchResult } from "../patch/result.ts";
import { scoreResult } from "../score/result.ts";

const share = z.object({
  value: z.number(),
  interval: interval.describe("95 %"),
  chance: z.number().describe("what guessing among all tokens has"),
});

const token = z.object({
  token: z.int(),
  piece: z.string().describe("the token as text; its id where there is no tokenizer"),
});

export const inductionTest = z.object({
  kind: z
    .enum(["single token", "block"])
    .describe("single token: one token of a random row comes again at its end; block: [BOS] r r"),
  examples: z.int(),
  length: z.int(),
  position: z.int().describe("the last position, whose token came before"),
  distance: z.int().describe("tokens back to its earlier copy"),
  predicted: share.describe("share of rows whose most likely next token is the target"),
  inTopFive: share.describe("share of rows with the target among the five most likely tokens"),
  probability: share.describe("mean probability of the target"),
  rank: z.number().describe("mean rank of the target, 1 is the most likely"),
  first: z
    .object({
      repeated: token,
      target: token,
      rank: z.int(),
      probability: z.number(),
      top: z.array(token.extend({ probability: z.number() })),
    })
    .describe("the first row"),
});
export type InductionTest = z.infer<typeof inductionTest>;

export const analyseResult = z.object({
  schema: z.literal("induction-lens/analyse@1"),
  ...resultHeader,
  inductionTest: z.array(inductionTest),
  importantLayers: z
    .array(
      z.object({
        name: z.string().describe("attention 3 or mlp 3"),
        layer: z.int(),
        effect: z.number().describe("share of the difference that clean values restore"),
        interval,
      }),
    )
    .describe("largest first; empty where clean and corrupted runs differ by less than noise"),
  depth: z
    .object({
      heads: z.array(z.string()).describe("heads that attend like induction heads"),
      fractions: z.array(z.number()).describe("layer / layers of each"),
      withinClaim: z
        .int()
        .nullable()
        .describe(
          "how many lie in L/2 ... 3L/4, where they are said to be; null if there are none",
        ),
    })
    .describe("attention alone; causes are in `patchHeads` or `screenHeads`"),
  findings: z.array(z.string()).describe("what was found, in sentences"),
  studies: z.object({
    score: scoreResult,
    patchHeads: patchResult
      .nullable()
      .describe(
        "exact effects of every head; null where they were screened, or where the runs differ by less than noise",
      ),
    screenHeads: attributionResult
      .nullable()
      .describe(
        "approximate effects of every head and exact ones of the best and of random others; null where every head was run exactly, or where the runs differ by less than noise",
      ),
    patchAttention: patchResult.nullable(),
    patchMlp: patchResult.nullable().describe("also null where the model has no MLP"),
    lens: lensResult,
    attention: attentionResult,
  }),
  ...resultFooter,
});
export type AnalyseResult = z.infer<typeof analyseResult>;
