/** @file The Result of `why`: one attention score taken apart, and what its value does to the next token. */
import { z } from "zod";
import { resultFooter, resultHeader } from "../../results/common.ts";
import { sequenceInfo } from "../../results/sequence.ts";

const token = z.object({
  token: z.int(),
  piece: z.string().describe("the token as text; its id where there is no tokenizer"),
});

export const whyResult = z.object({
  schema: z.literal("induction-lens/why@1"),
  ...resultHeader,
  sequence: sequenceInfo,
  cell: z.object({
    layer: z.int(),
    head: z.int(),
    kvHead: z.int().describe("the key and value head that this head reads"),
    query: z.int().describe("position that looks"),
    key: z.int().describe("position that is looked at"),
    score: z.number().describe("before softmax, as the model computes it"),
    weight: z.number().describe("after softmax, 0 to 1"),
    rank: z.int().describe("1 + the number of keys in this row with more weight"),
    visibleKeys: z.int().describe("keys that this query may see; uniform attention is 1 of them"),
  }),
  frozen: z
    .string()
    .describe("what is held as it is in the whole run, so that the rest is linear, in words"),
  parts: z
    .array(z.string())
    .describe(
      "what the residual stream before this layer is the sum of: embeddings, earlier heads, attention biases, MLPs; then `biases`, what a stream of zeros gives, and with linear biases `distance`, what the mask adds for how far the key is, alone in its row and column",
    ),
  score: z.object({
    contributions: z
      .array(z.array(z.number()))
      .describe("[query part][key part]; the sum of all is `uncapped`"),
    byQuery: z.array(z.number()).describe("sums over key parts, [query part]"),
    byKey: z.array(z.number()).describe("sums over query parts, [key part]"),
    uncapped: z
      .number()
      .describe("the score before its soft cap, which the parts add up to; without one the score"),
    softcap: z
      .number()
      .nullable()
      .describe("c, where the score is c tanh(uncapped / c); null where it is `uncapped`"),
    largestError: z.number().describe("difference of the sum and `uncapped` of the model"),
  }),
  contrast: z
    .object({
      logRatio: z
        .number()
        .describe(
          "`uncapped` less its mean over visible keys: without a soft cap the log of weight over their geometric mean",
        ),
      byKey: z
        .array(z.number())
        .describe("[key part], each less its mean over visible keys; the sum is logRatio"),
    })
    .describe("what makes this key stand out: what all keys share cancels in softmax"),
  row: z
    .array(token.extend({ key: z.int(), score: z.number(), weight: z.number() }))
    .describe("the keys that get most of this query's attention"),
  effect: z
    .object({
      target: token.extend({
        why: z.enum(["next token", "most likely token", "asked for"]),
        logit: z.number().describe("of the model at the query"),
        probability: z.number(),
      }),
      cell: z
        .number()
        .describe(
          "what reading the key (weight times value) adds to the target's logit (before the soft cap of logits where there is one), less its mean over tokens",
        ),
      head: z.number().describe("the same of the whole head, all keys"),
      raised: z.array(token.extend({ logit: z.number() })),
      lowered: z.array(token.extend({ logit: z.number() })),
    })
    .describe("direct effect of weight x value on the logits at the query; final norm frozen"),
  ...resultFooter,
});
export type WhyResult = z.infer<typeof whyResult>;
