/** @file The Result of `lens`: what each layer would predict, and what each part adds to the target's logit. */
import { z } from "zod";
import { byHead, interval, resultFooter, resultHeader } from "../../results/common.ts";

const piece = z.string().describe("the token as text; its id where there is no tokenizer");

export const lensResult = z.object({
  schema: z.literal("induction-lens/lens@1"),
  ...resultHeader,
  positions: z
    .array(z.int())
    .describe(
      "positions that are read; the target of each is the token after its earlier copy, of texts the next token or the answer",
    ),
  texts: z
    .array(
      z.object({
        text: z.string(),
        answer: z
          .string()
          .nullable()
          .describe("the target after the text; null: its own tokens are"),
      }),
    )
    .optional()
    .describe("the texts that are read, where these were given"),
  pieces: z.array(z.string()).optional().describe("tokens of the first text, by position"),
  norm: z
    .string()
    .describe("what was done to the final norm, for the lens and for the attribution"),
  layers: z.array(
    z.object({
      name: z.string().describe("the residual stream before a layer, or the final one"),
      probability: z.number().describe("mean probability of the target"),
      interval: interval.describe("95 % interval of the probability over examples"),
      logProbability: z.number().describe("mean log-probability of the target, nats"),
      rank: z
        .number()
        .describe("mean rank of the target, 1 + the number of tokens with a larger logit"),
      first: z.number().describe("share of positions whose most likely token is the target"),
      top: z
        .array(z.object({ token: z.int(), piece, probability: z.number() }))
        .describe("most likely tokens at the last position of the first example"),
    }),
  ),
  convergence: z
    .object({
      threshold: z.number(),
      layer: z
        .number()
        .nullable()
        .describe(
          "mean of the first layer whose most likely token has at least `threshold`; of the positions where one has",
        ),
      share: z.number().describe("positions where any layer has"),
      settled: z
        .number()
        .describe(
          "mean of the first stream from which on the most likely token is the final one; the number of layers if only the final stream has it",
        ),
    })
    .describe("1 - changes of the most likely token from stream to stream / layers"),
  stability: z
    .number()
    .describe("1 - changes of the most likely token between layers / number of layers, mean"),
  evolution: z
    .object({
      position: z.int(),
      target: z.int(),
      tokens: z.array(
        z.object({
          token: z.int(),
          piece,
          probabilities: z.array(z.number()).describe("by stream, in the order of `layers`"),
        }),
      ),
    })
    .describe(
      "how the prediction forms at the last position of the first example: the final stream's most likely tokens, and the target",
    ),
  attribution: z.object({
    of: z.enum(["logit", "centred-logit"]),
    mean: z
      .number()
      .describe(
        "mean of the target's logit, or of it less the mean logit; before the soft cap of logits where there is one",
      ),
    softcap: z
      .number()
      .nullable()
      .describe(
        "c, where the model's logits are c tanh(logit / c) of these; null where they are not capped",
      ),
    heads: byHead.describe("what each head adds [layer][head]"),
    headIntervals: z.array(z.array(interval)).describe("95 % t intervals over examples"),
    layers: z
      .array(z.object({ attention: z.number(), mlp: z.number().nullable() }))
      .describe("what each layer adds: its heads and attention bias, and its MLP if it has one"),
    parts: z
      .array(z.object({ name: z.string(), value: z.number() }))
      .describe(
        "everything else: embeddings, attention biases, MLPs, the final norm's and the unembedding's bias",
      ),
    largestError: z
      .number()
      .describe(
        "largest difference at any position between the sum of all parts and the logit (before its soft cap)",
      ),
  }),
  ...resultFooter,
});
export type LensResult = z.infer<typeof lensResult>;
