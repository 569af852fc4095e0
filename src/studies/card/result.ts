/** @file The card of a model's heads: one verdict, with losses, what was not tested and what others say. */
import { z } from "zod";
import { LABELS } from "../../measure/verdict/names.ts";
import { interval, resultFooter, resultHeader } from "../../results/common.ts";
import { verdictResult } from "../verdict/result.ts";

const estimate = z.object({ value: z.number(), interval });

const published = z.object({
  layer: z.int(),
  head: z.int(),
  called: z.string().describe("what the source calls the head"),
  ours: z.enum(LABELS),
  agrees: z.boolean(),
  convention: z.string().describe("how the source decided"),
  source: z.string(),
});

export const headCardResult = z.object({
  schema: z.literal("induction-lens/card@1"),
  ...resultHeader,
  parameters: z.number().describe("values of all weights"),
  losses: z
    .object({ firstCopy: estimate, secondCopy: estimate, copyGain: estimate, examples: z.int() })
    .describe("nats, on the rows of the verdict's longest period"),
  published: z.array(published).describe("facts that others published of heads of this model"),
  notTested: z.array(z.string()).describe("what this card cannot say, as sentences"),
  verdict: verdictResult,
  ...resultFooter,
});
export type CardResult = z.infer<typeof headCardResult>;
