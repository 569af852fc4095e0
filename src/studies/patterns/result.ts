/** @file The Result of `score-patterns`: conventions on attention that somebody else computed. */
import { z } from "zod";
import { intervalByHead } from "../../results/common.ts";

export const MASKS = ["causal", "none", "cross"] as const;
export type Mask = (typeof MASKS)[number];

const perHead = z.array(z.array(z.number().nullable()));

export const patternsResult = z.object({
  schema: z.literal("induction-lens/score-patterns@1"),
  version: z.string().describe("version of induction-lens"),
  attention: z.object({
    name: z.string().describe("what the user called the file"),
    sha256: z.string().nullable().describe("hash of the file; null if it was not one"),
    mask: z.enum(MASKS),
    examples: z.int(),
    layers: z.array(z.int()).describe("number of each layer, in the order of all matrices"),
    heads: z.int(),
    queries: z.int(),
    keys: z.int(),
  }),
  input: z.object({
    tokensSha256: z.string().describe("hash of the token ids (int32, little endian), query rows"),
    period: z.int().nullable().describe("tokens between copies, as given and verified"),
    bos: z.boolean().nullable().describe("whether column 0 is BOS, as given"),
    repeating: z.int().describe("sequences in which any query has an induction target"),
  }),
  warnings: z.array(z.string()),
  primary: z.string().describe("the convention of top, intervals and thresholds"),
  conventions: z.array(
    z.object({
      convention: z.string(),
      formula: z.string(),
      source: z.string(),
      finds: z.string(),
      ceiling: z.number().describe("the most that any attention can score on these tokens"),
      null: z.number().describe("what attention that is even over all that the mask allows scores"),
      examples: z.int().describe("sequences in the mean: those on which the formula is defined"),
      values: perHead.describe("[layer][head]; null where the formula is defined on no sequence"),
    }),
  ),
  notMeasured: z.array(z.object({ convention: z.string(), why: z.string() })),
  intervals: intervalByHead.describe(
    "95 % interval of the primary convention over sequences, logit-t; null under 10",
  ),
  top: z.array(
    z.object({
      layer: z.int(),
      head: z.int(),
      score: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    }),
  ),
  thresholds: z
    .object({
      fixed: z.number().describe("what ARENA and induction-head-detector use"),
      gap: z.number().nullable().describe("middle of the largest gap between heads above .1"),
    })
    .describe(
      "two ways to draw the line; a third, from the null, needs a control run of the model",
    ),
  verdictInWords: z.string(),
});
export type PatternsResult = z.infer<typeof patternsResult>;
