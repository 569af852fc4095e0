/** @file The Result of `few-shot`: function-vector scores, and few-shot accuracy without heads of one kind or the other. */
import { z } from "zod";
import {
  byHead,
  interval,
  intervalByHead,
  resultFooter,
  resultHeader,
} from "../../results/common.ts";

/** Two accounts of what heads do in context. */
export const HEAD_KINDS = ["functionVector", "induction"] as const;
export type HeadKind = (typeof HEAD_KINDS)[number];

const answers = z.object({
  accuracy: z.number().describe("share of prompts whose right answer is the likeliest token"),
  probability: z.number().describe("of the right answer, mean over prompts"),
});

const point = z.object({
  percent: z.number().describe("of all heads"),
  heads: z.array(z.string()).describe("that are ablated together, best first"),
  ...answers.shape,
  lost: z.number().describe("accuracy with all heads less that without these"),
  interval: interval.describe("95 % t interval of lost over prompts; null under 10"),
  random: z
    .object({
      sets: z.int().describe("different sets of as many other heads of each layer"),
      mean: z.number().describe("of lost"),
      low: z.number(),
      high: z.number(),
    })
    .nullable()
    .describe("what random heads lose; null where layers have too few others"),
});
export type FewShotPoint = z.infer<typeof point>;

const curve = z.object({
  kind: z.enum(HEAD_KINDS).describe("whose best heads are ablated"),
  excluded: z
    .array(z.string())
    .describe("the best of the other kind, which stay in place; empty: none is excluded"),
  points: z.array(point),
});
export type FewShotCurve = z.infer<typeof curve>;

export const fewShotResult = z.object({
  schema: z.literal("induction-lens/few-shot@1"),
  ...resultHeader,
  shots: z.int().describe("examples before each question"),
  prompt: z.string().describe("the first prompt of the curves, as text"),
  tasks: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      pairs: z.int().describe("whose words are one token each"),
      clean: answers,
      shuffled: z
        .object({ probability: z.number() })
        .describe("where the examples have each other's answers, on the prompts of the scores"),
    }),
  ),
  skipped: z.array(z.object({ task: z.string(), why: z.string() })),
  clean: answers.describe("of all tasks, nothing ablated"),
  functionVector: z.object({
    scores: byHead.describe(
      "P(answer | z at the last token is the head's mean over clean prompts of the task) - P(answer), mean over prompts with shuffled answers",
    ),
    intervals: intervalByHead.describe("95 % t interval over prompts; null under 10"),
    prompts: z.int().describe("with shuffled answers, of all tasks; as many clean ones give means"),
  }),
  induction: z.object({
    scores: byHead.describe("as `score` has it: mean of A[q, q - S + 1] on repeated random tokens"),
    examples: z.int(),
  }),
  rankCorrelation: z.number().nullable().describe("of the two scores over all heads"),
  exclude: z.number().describe("per cent of all heads, of which the other kind's best stay"),
  randomSets: z.int().describe("of each size, as many as were asked for"),
  curves: z.array(curve),
  words: z.array(z.string()),
  ...resultFooter,
});
export type FewShotResult = z.infer<typeof fewShotResult>;
