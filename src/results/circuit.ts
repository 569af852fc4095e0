/** @file The Result of `circuit`: what the weights alone say about which heads compose and which copy. */
import { z } from "zod";
import { modelInfo, resultFooter } from "./common.ts";

const shares = z
  .array(z.array(z.number().nullable()))
  .describe(
    "sum of eigenvalues / sum of their sizes, [layer][head], -1 to 1; null for a zero matrix",
  );

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
  ...resultFooter,
});
export type CircuitResult = z.infer<typeof circuitResult>;
