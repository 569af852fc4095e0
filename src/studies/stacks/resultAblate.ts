/** @file The Result of `ablate` on encoder-decoders: what each head does for the copy that the decoder is to write. */
import { z } from "zod";
import { byHead, intervalByHead, resultFooter, resultHeader } from "../../results/common.ts";
import { copyLoss } from "./result.ts";

export const stackAblationResult = z.object({
  schema: z.literal("induction-lens/ablate-stacks@1"),
  ...resultHeader,
  kind: z
    .enum(["mean", "zero"])
    .describe("what a head's output becomes: its mean over the rows at each position, or 0"),
  rows: z.string().describe("what encoder and decoder read"),
  loss: copyLoss,
  parts: z.array(
    z.object({
      part: z.string().describe("whose heads, in words"),
      stack: z.string(),
      attention: z.enum(["self", "cross"]),
      values: z.string().describe("name of the values that are changed, L the layer"),
      harm: byHead.describe("how much the loss of the copy rises without the head, nats"),
      harmIntervals: intervalByHead,
      restored: byHead.describe(
        "how much the loss falls where the encoder reads other tokens and the head gives what it gave beside the right ones, nats",
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
