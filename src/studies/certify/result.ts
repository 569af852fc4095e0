/** @file The Result of `certify`: what is proved of a head on every sequence of a family, and how close it is to what was found. */
import { z } from "zod";
import { resultFooter, resultHeader } from "../../results/common.ts";

const head = { layer: z.int(), head: z.int() };

const bounds = z.object({
  least: z.number().describe("the least attention to the target of all queries that were tried"),
  mean: z.number().describe("mean over queries of the random sequences"),
  tokens: z.array(z.int()).describe("the sequence that has the least"),
  position: z.int().describe("of the query that has it"),
});

const certified = z.object({
  ...head,
  certified: z
    .boolean()
    .describe(
      "whether `least` is above what uniform attention pays; else nothing worth it is proved",
    ),
  least: z
    .number()
    .describe(
      "proved: the attention to the target at every query of the second copy of every sequence is at least this",
    ),
  mean: z
    .number()
    .describe("proved: nor is its mean over queries and sequences, all sequences equally likely"),
  worst: z
    .object({
      position: z.int(),
      token: z.int(),
      before: z.int().nullable().describe("the token before it; null: any"),
      target: z.int(),
    })
    .describe(
      "the query whose bound is `least`: its position, its id, and the id that followed it",
    ),
  found: bounds,
  looseness: z.number().describe("found.least - least: what the proof gives away at most"),
  without: z
    .object({
      rest: z
        .number()
        .describe("if the first layer never attended beyond the token before, itself and BOS"),
      query: z.number().describe("if all that the first layer writes at the query were known"),
      scale: z
        .number()
        .describe("if the scales of norms were known; the same as `least` without norms"),
      all: z.number().describe("all three together"),
    })
    .describe("NOT PROVED: what `least` would be at that query if one step lost nothing"),
});

export const certifyResult = z.object({
  schema: z.literal("induction-lens/certify@1"),
  ...resultHeader,
  family: z.object({
    tokens: z.int().describe("ids that sequences are made of"),
    period: z.int(),
    bos: z.boolean(),
    positions: z.int(),
    sequences: z.number().describe("how many there are; rounded where that is beyond 2^53"),
  }),
  uniform: z
    .number()
    .describe(
      "the most that uniform attention pays to a target: at the first query of the second copy",
    ),
  heads: z.array(certified),
  before: z
    .array(z.object({ ...head, least: z.number() }))
    .describe("proved of each head of the first layer: the least attention to the token before"),
  accuracy: z
    .object({
      proved: z
        .number()
        .describe(
          "share of (sequence, query) at which the model surely predicts the next token, at least",
        ),
      found: z.number().describe("the same measured on the random sequences"),
    })
    .describe("over queries of the second copy that have a next token"),
  search: z.object({
    random: z.int(),
    adversarial: z.int().describe("sequences that were changed towards less attention"),
    seed: z.int(),
  }),
  assumptions: z.array(z.string()),
  words: z.array(z.string()),
  ...resultFooter,
});
export type CertifyResult = z.infer<typeof certifyResult>;
