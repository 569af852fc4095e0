/** @file The Result of `check`: which rules a model keeps, which it breaks, and which stay undecided. */
import { z } from "zod";
import { byHead, resultFooter, resultHeader } from "../../results/common.ts";

export const OUTCOMES = ["holds", "fails", "undecided"] as const;
export type Outcome = (typeof OUTCOMES)[number];

const headAt = z.object({ layer: z.int(), head: z.int() });

const checkedRule = z.object({
  rule: z.string(),
  name: z.string(),
  line: z.int().nullable().describe("in the file of rules, from 1; null without a file"),
  outcome: z
    .enum(OUTCOMES)
    .describe("undecided: its interval spans the bound, or a head's label could be another"),
  why: z.string(),
  value: z.number().nullable().describe("what is compared with the bound; null for labels"),
  low: z.number().nullable().describe("of its interval, wider for several looks and heads"),
  high: z.number().nullable(),
  heads: z.array(headAt).describe("heads that break the rule or leave it undecided"),
  examples: z.int().describe("rows when it was decided, or the most that were drawn"),
});

export const checkResult = z.object({
  schema: z.literal("induction-lens/check@1"),
  ...resultHeader,
  file: z.string().nullable().describe("where the rules come from"),
  outcome: z.enum(OUTCOMES).describe("fails if any rule fails, else undecided if any is"),
  rules: z.array(checkedRule),
  looks: z.array(z.int()).describe("rows after which rules were looked at, at most"),
  verdict: z
    .enum(["none", "attention", "quick", "full"])
    .describe("which verdict rules about labels took; attention: one without causal runs"),
  scores: z.object({ induction: byHead }).describe("of the rows that were drawn last"),
  ...resultFooter,
});
export type CheckResult = z.infer<typeof checkResult>;
export type CheckedRule = CheckResult["rules"][number];
