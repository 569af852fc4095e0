/** @file The Result of `attention`: where heads attend on some sequences, weight by weight. */
import { z } from "zod";
import { resultFooter, resultHeader } from "../../results/common.ts";
import { sequenceInfo } from "../../results/sequence.ts";
import { ATTENTION_VALUES } from "../../results/causalNames.ts";

const mean = z
  .object({
    value: z.number().describe("mean attention of the head, 0 to 1"),
    uniform: z.number().describe("what uniform attention has there"),
    queries: z.int().describe("positions in the mean"),
  })
  .nullable();

export const attentionResult = z.object({
  schema: z.literal("induction-lens/attention@1"),
  ...resultHeader,
  values: z
    .enum(ATTENTION_VALUES)
    .describe(
      "pattern: A[q, k], 0 to 1, a row sums to 1; value-weighted: A[q, k] times the length of v_k; scores: before softmax, nats; of a state-space layer its signed pattern, and `pattern` the shares of its absolute values",
    ),
  sequences: z.array(sequenceInfo),
  heads: z
    .array(
      z.object({
        layer: z.int(),
        head: z.int(),
        kvHead: z.int().describe("the key and value head that this head reads"),
        sequence: z.int().describe("index in `sequences`"),
        weights: z
          .array(z.array(z.number().nullable()))
          .describe("[query][key], keys 0 ... query; null where the query may not look"),
        looksAt: z
          .object({
            induction: mean.describe("tokens after an earlier copy of the query's; null if none"),
            previousToken: mean,
            firstToken: mean,
            currentToken: mean,
          })
          .describe("mean attention (of the pattern, whatever `values` is) on this one sequence"),
      }),
    )
    .describe("by sequence, heads in the order asked for"),
  ...resultFooter,
});
export type AttentionResult = z.infer<typeof attentionResult>;
export type AttentionPanel = AttentionResult["heads"][number];
