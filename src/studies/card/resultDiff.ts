/** @file The Result of `card diff`: what changed from one card to the next. */
import { z } from "zod";
import { byHead, modelInfo } from "../../results/common.ts";
import { labelChanges } from "../compare/result.ts";

const side = z.object({
  model: modelInfo,
  version: z.string().describe("of induction-lens that made the card"),
  induction: byHead.describe("gain: attention to the induction target less that on controls"),
});

export const cardDiffResult = z.object({
  schema: z.literal("induction-lens/card-diff@1"),
  version: z.string(),
  old: side,
  new: side,
  sameWeights: z.boolean(),
  changes: labelChanges,
  losses: z
    .object({ firstCopy: z.number(), secondCopy: z.number(), copyGain: z.number() })
    .describe("new - old, nats"),
  words: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type CardDiffResult = z.infer<typeof cardDiffResult>;
