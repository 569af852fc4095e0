/** @file The Result of path patching: what a head's path into other heads' queries, keys or values carries. */
import { z } from "zod";
import { PATH_METRICS, PATH_ROUTES } from "../../results/causalNames.ts";
import { interval, resultFooter, resultHeader } from "../../results/common.ts";
import { pairInfo } from "../../results/pair.ts";

export const pathResult = z.object({
  schema: z.literal("induction-lens/path@1"),
  ...resultHeader,
  pair: pairInfo,
  into: z.array(z.string()).describe("receiving heads, layer.head; empty for the logits"),
  route: z.enum(PATH_ROUTES).describe("the receivers' input that the paths lead into"),
  form: z
    .enum(["direct", "through-mlps"])
    .describe(
      "direct: only the sum in the residual stream; through-mlps: MLPs between respond, all other heads keep their clean output",
    ),
  norm: z
    .enum(["recomputed", "frozen"])
    .describe("whether the receivers' norm divides by its new scale or by that of the clean run"),
  metric: z.object({
    name: z.enum(PATH_METRICS),
    clean: z.number(),
    corrupted: z.number().describe("of the corrupted run itself"),
  }),
  paths: z
    .array(
      z.object({
        from: z
          .array(z.string())
          .describe("source heads, whose contribution is the corrupted run's"),
        value: z.number().describe("metric of the clean run with the path from the corrupted run"),
        drop: z.number().describe("clean - value"),
        effect: z
          .number()
          .nullable()
          .describe(
            "drop / (clean - corrupted); null if those differ by less than 3 standard errors",
          ),
        interval: interval.describe("95 % t interval of drop over sequences; null under 10"),
      }),
    )
    .describe("largest drop first"),
  ...resultFooter,
});
export type PathResult = z.infer<typeof pathResult>;
