/** @file The Result of `ablate` on models that are not decoders: what each head does for what the model is asked. */
import { z } from "zod";
import { byHead, intervalByHead, resultFooter, resultHeader } from "../../results/common.ts";
import { copyLoss } from "./result.ts";

export const stackAblationResult = z.object({
  schema: z.literal("induction-lens/ablate-stacks@1"),
  ...resultHeader,
  kind: z
    .enum(["mean", "zero"])
    .describe("what a head's output becomes: its mean over the rows at each position, or 0"),
  task: z
    .enum(["copy", "masked", "class", "embedding"])
    .describe(
      "what the loss is: -log p of tokens that a decoder is to write, of masked tokens, of the class that the whole model says, nats; or 1 - cosine of an image's embedding and the whole model's",
    ),
  rows: z.string().describe("what the model reads, and what `other` lacks"),
  loss: copyLoss,
  parts: z.array(
    z.object({
      part: z.string().describe("whose heads, in words"),
      stack: z.string(),
      attention: z.enum(["self", "cross"]),
      values: z.string().describe("name of the values that are changed, L the layer"),
      harm: byHead.describe("how much the loss rises without the head"),
      harmIntervals: intervalByHead,
      restored: byHead.describe(
        "how much the loss falls on the other rows where the head gives what it gave on the rows",
      ),
      restoredIntervals: intervalByHead,
    }),
  ),
  top: z
    .array(
      z.object({
        part: z.int().describe("index in parts"),
        layer: z.int(),
        head: z.int(),
        harm: z.number(),
        low: z.number().nullable(),
        high: z.number().nullable(),
        restored: z.number(),
      }),
    )
    .describe("of all parts, the heads whose absence harms the most"),
  verdictInWords: z.string(),
  ...resultFooter,
});

export type StackAblationResult = z.infer<typeof stackAblationResult>;
