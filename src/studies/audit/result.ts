/** @file The Result of `audit`: what every way of scoring attention makes of heads whose nature is known. */
import { z } from "zod";
import { IDEAL_HEADS, type IdealHead } from "../../measure/idealHeads.ts";
import { modelInfo } from "../../results/common.ts";

/** Heads that do one thing only, in the order in which reports show them. */
export const IDEAL_HEAD_NAMES = IDEAL_HEADS;
export type IdealHeadName = IdealHead;

const score = z.number().nullable();

export const auditResult = z.object({
  schema: z.literal("induction-lens/audit@1"),
  version: z.string().describe("version of induction-lens"),
  model: modelInfo.nullable().describe("whose BOS and context the layout follows; null for none"),
  layout: z
    .object({
      start: z.int().describe("position of the first token of the first copy: 1 with BOS, else 0"),
      period: z.int().describe("tokens in one copy, and between a token and its copy"),
      length: z.int().describe("tokens in the sequence"),
      bosPolicy: z.string().describe("why BOS is or is not there, in words"),
    })
    .describe("the input [BOS] r r, on which all scores are computed"),
  warnings: z.array(z.string()),
  conventions: z.array(
    z.object({
      convention: z.string(),
      formula: z.string().describe("what is computed, with indices; S = period, T = length"),
      source: z.string().describe("who computes it so"),
      finds: z.enum(IDEAL_HEAD_NAMES).describe("the head it is meant to find"),
      ceiling: z.number().describe("the most that any attention can score on this input"),
      null: score.describe("what uniform causal attention scores"),
      values: z
        .record(z.enum(IDEAL_HEAD_NAMES), score)
        .describe("score of each ideal head; null where the formula is 0/0"),
      words: z.array(z.string()).describe("what it confuses; empty if it is clean on this input"),
    }),
  ),
  summary: z.string().describe("how many conventions are clean on this input, in one sentence"),
});
export type AuditResult = z.infer<typeof auditResult>;
