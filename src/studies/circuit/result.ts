/** @file The Result of `circuit`: what the weights alone say about which heads compose and which copy. */
import { z } from "zod";
import { interval, modelInfo, resultFooter } from "../../results/common.ts";

const shares = z
  .array(z.array(z.number().nullable()))
  .describe(
    "sum of eigenvalues / sum of their sizes, [layer][head], -1 to 1; null for a zero matrix",
  );

const share = z.object({
  value: z.number(),
  interval: interval.describe("95 %; null where every token was tried"),
});
const accuracy = z.object({
  top1: share,
  top5: share,
  tokens: z.int().describe("tokens that were tried, against all of the vocabulary"),
});
export type CircuitAccuracy = z.infer<typeof accuracy>;

const topTokens = z.array(
  z.object({
    token: z.int(),
    piece: z.string().describe("the token as text; its id where there is no tokenizer"),
    value: z.number().describe("raw embedding (or unembedding column) times the direction"),
  }),
);
const directions = (from: string, to: string) =>
  z.object({
    singularValues: z.array(z.number()).describe("of the whole matrix, largest first"),
    directions: z
      .array(z.object({ value: z.number(), from: topTokens, to: topTokens }))
      .describe(`strongest directions: from ${from} to ${to}; both ends may be turned together`),
  });
const circuits = z.object({
  ov: accuracy.describe("of E W_V W_O W_U: copying, whether a token raises itself most"),
  qk: accuracy.describe("of E W_Q W_K^T E^T: matching, whether a token looks for itself most"),
});

const headCircuit = z.object({
  head: z.string(),
  ov: directions("tokens that are read", "tokens that are raised"),
  qk: directions("tokens that look", "tokens that are looked for"),
  raw: circuits.describe("E = W_E"),
  effective: circuits.nullable().describe("E = W_E + MLP0(W_E); null without an MLP in layer 0"),
});
export type HeadCircuit = z.infer<typeof headCircuit>;

export const circuitResult = z.object({
  schema: z.literal("induction-lens/circuit@1"),
  version: z.string(),
  model: modelInfo,
  warnings: z.array(z.string()),
  composition: z.object({
    baseline: z.number().describe("1 / sqrt(d_model): what random heads score; not subtracted"),
    q: z
      .array(z.array(z.number()))
      .describe(
        "[earlier][later], heads in order of layer and head; 0 unless earlier is in an earlier layer",
      ),
    k: z.array(z.array(z.number())),
    v: z.array(z.array(z.number())),
  }),
  top: z
    .array(
      z.object({
        route: z.enum(["q", "k", "v"]),
        earlier: z.string(),
        later: z.string(),
        score: z.number(),
      }),
    )
    .describe("strongest pairs of each route"),
  copying: z.object({
    ov: shares.describe("of W_V W_O alone"),
    full: shares.describe("of W_E W_V W_O W_U, raw embedding"),
    effective: shares
      .nullable()
      .describe("of W_E' W_V W_O W_U with W_E' = W_E + MLP0(W_E); null without an MLP in layer 0"),
  }),
  matching: z.object({
    raw: shares.describe("of W_E W_Q W_K^T W_E^T: whether a head attends to the same token"),
    effective: shares.nullable(),
  }),
  heads: z.array(headCircuit).describe("the heads asked for, token by token"),
  ...resultFooter,
});
export type CircuitResult = z.infer<typeof circuitResult>;
