/** @file The Result of `score` on encoders and on models with several stacks: scores of each direction of attention. */
import { z } from "zod";
import {
  byHead,
  interval,
  intervalByHead,
  resultFooter,
  resultHeader,
} from "../../results/common.ts";

const part = z.object({
  part: z.string().describe("the stack and the direction in words"),
  stack: z.string().describe("what the names of its values begin with; empty: there is one stack"),
  attention: z.enum(["self", "cross"]),
  direction: z
    .enum(["back", "ahead", "causal", "across"])
    .describe(
      "back: queries of the second copy, keys on both sides; ahead: queries of the first copy; causal: queries of the second copy, keys before them; across: from the decoder to the encoder",
    ),
  values: z.string().describe("name of the patterns, L the layer"),
  rows: z.string().describe("what was read"),
  scores: z
    .array(
      z.object({
        name: z.string(),
        title: z.string(),
        key: z.string().describe("the key whose weight is averaged over the queries"),
        uniform: z
          .array(z.number())
          .describe("by layer: what attention scores that sees all keys alike, the null"),
        values: byHead,
        intervals: intervalByHead.describe("95 % over sequences; null under 10 examples"),
        control: byHead
          .nullable()
          .describe("the same entries in images of which no patch repeats; null for text"),
      }),
    )
    .describe("the first is the one that means induction in this direction"),
});

const loss = z.object({ mean: z.number(), interval });

/** Mean -log p of the tokens that a decoder is to write, nats; in `ablate` of other models the loss of its task. */
export const copyLoss = z.object({
  copied: loss.describe("the encoder reads the tokens that the decoder is to write"),
  other: loss.describe("the encoder reads others"),
  gain: loss.describe("other - copied"),
  examples: z.int(),
});

export const stacksResult = z.object({
  schema: z.literal("induction-lens/score-stacks@1"),
  ...resultHeader,
  parts: z.array(part),
  top: z
    .array(
      z.object({
        part: z.int().describe("index in parts"),
        layer: z.int(),
        head: z.int(),
        score: z.number(),
        low: z.number().nullable(),
        high: z.number().nullable(),
        uniform: z.number(),
      }),
    )
    .describe("of each part, the heads with the highest first score"),
  loss: copyLoss
    .nullable()
    .describe(
      "mean -log p of the decoder's tokens, nats; null for models without an encoder of tokens",
    ),
  verdictInWords: z.string().describe("a sentence for each part"),
  ...resultFooter,
});

export type StacksResult = z.infer<typeof stacksResult>;
export type StackPart = StacksResult["parts"][number];
