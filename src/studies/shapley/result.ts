/** @file The Result of `shapley`: what each head adds to the copy, averaged over all orders in which heads can come. */
import { z } from "zod";
import { REPLACEMENTS, type Replacement } from "../../results/causalNames.ts";
import { MATTERS } from "../../measure/shapleyValues.ts";
import { resultFooter, resultHeader } from "../../results/common.ts";

const estimate = z.object({
  value: z.number(),
  low: z.number().nullable().describe("of the 95 % interval; null under 10 examples or 10 pairs"),
  high: z.number().nullable(),
});
const part = z.object({
  ...estimate.shape,
  share: z.number().nullable().describe("value / whole; null where the whole is 0"),
  null: estimate.describe("the same on rows whose second block is new: there is nothing to copy"),
  matters: z
    .enum(MATTERS)
    .describe("whether |value| surely reaches, or surely misses, `threshold` of the whole"),
});
const whole = z.object({
  all: z.number().describe("with all heads of the list in place"),
  none: z.number().describe("with none of them"),
  gain: estimate.describe("all - none: what the values of the heads add up to"),
});

export const shapleyResult = z.object({
  schema: z.literal("induction-lens/shapley@1"),
  ...resultHeader,
  kind: z
    .enum(REPLACEMENTS as ["zero", ...Replacement[]])
    .describe("what hook_z of a head that is not there becomes"),
  reference: z.object({ what: z.string(), examples: z.int() }).nullable(),
  design: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("exact"), subsets: z.int() }),
    z.object({
      kind: z.literal("sampled"),
      pairs: z.int().describe("orders, each with its reverse"),
      seed: z.int(),
    }),
  ]),
  threshold: z.number().describe("share of the whole from which a head matters"),
  copyGain: whole.describe("loss of the first copy less that of the second, nats"),
  centredLogit: whole.describe("target's logit less the mean logit, second copy"),
  heads: z
    .array(z.object({ layer: z.int(), head: z.int(), copyGain: part, centredLogit: part }))
    .describe("in the order of the list"),
  words: z.array(z.string()),
  ...resultFooter,
});
export type ShapleyResult = z.infer<typeof shapleyResult>;
