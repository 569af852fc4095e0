/** @file The Result of `phase --seeds`: how stable time, place and mechanism of the change are over several runs. */
import { z } from "zod";
import { phaseResult } from "./result.ts";

const spread = z
  .object({
    middle: z.number(),
    least: z.number(),
    most: z.number(),
    deviation: z.number().describe("standard deviation over runs"),
  })
  .nullable()
  .describe("null if no run has it");

export const MECHANISMS = ["k", "q", "not seen"] as const;

export const phaseSeedsResult = z.object({
  schema: z.literal("induction-lens/phase-seeds@1"),
  version: z.string(),
  warnings: z.array(z.string()),
  runs: z.array(phaseResult),
  found: z.int().describe("runs with a change"),
  steps: spread.describe("of the change; middle is the geometric mean, deviation is in decades"),
  depth: spread.describe("layer / layers of the leading head in runs with a change"),
  mechanisms: z
    .array(z.enum(MECHANISMS))
    .describe("by run: the composition of the pair that is largest at the end and above random"),
  orders: z
    .record(z.string(), z.int())
    .describe("runs by order of previous-token and induction head"),
  expectations: z
    .array(
      z.object({
        what: z.string(),
        low: z.number(),
        high: z.number(),
        runs: z.int().describe("runs with a change that lie within"),
        of: z.int(),
      }),
    )
    .describe("what is often expected of small models, and how many runs do it"),
  words: z.array(z.string()),
});
export type PhaseSeedsResult = z.infer<typeof phaseSeedsResult>;
