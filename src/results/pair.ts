/** @file What Results say about a pair of clean and corrupted rows, their metric and their components. */
import { z } from "zod";
import { DESIGN_NAMES, METRIC_NAMES } from "./causalNames.ts";

/**
 * A number for each component: `[layer]`, `[layer][head]`, `[layer][position]` or `[layer][head][position]`; for chosen heads
 * `[head]`, `[head][position]` or `[head][query][key]`, whose last level has the keys up to the query.
 */
export const components = z.union([
  z.array(z.number()),
  z.array(z.array(z.number())),
  z.array(z.array(z.array(z.number()))),
]);
export type Components = z.infer<typeof components>;

export const pairInfo = z.object({
  design: z
    .enum([...DESIGN_NAMES, "own", "prompts"])
    .describe(
      "clean is A A; what the corrupted run has in place of it, or the user's own rows or texts",
    ),
  corruptedSha256: z.string().describe("hash of the corrupted token ids (int32, little endian)"),
  positions: z
    .array(z.int())
    .describe("positions whose predictions the metric reads; the target is the clean next token"),
  prompts: z
    .array(
      z.object({
        clean: z.string(),
        corrupted: z.string(),
        answer: z.string().describe("the target"),
        wrong: z.string().nullable().describe("what logit-difference compares it with"),
      }),
    )
    .optional()
    .describe("texts with what should follow them, where these were given"),
  pieces: z.array(z.string()).optional().describe("tokens of the first clean text, by position"),
});
export type PairInfo = z.infer<typeof pairInfo>;

export const metricInfo = z.object({
  name: z.enum(METRIC_NAMES),
  clean: z.number().describe("mean over examples of the run without any change"),
  corrupted: z.number(),
});
