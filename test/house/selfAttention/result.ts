import { z } from "zod";
import { byHead, resultFooter, resultHeader } from "../../../src/results/common.ts";

export const selfAttentionResult = z.object({
  schema: z.literal("induction-lens/self-attention@1"),
  ...resultHeader,
  weights: byHead.describe("mean attention weight of a token to itself, 0 to 1"),
  ...resultFooter,
});
export type SelfAttentionResult = z.infer<typeof selfAttentionResult>;
