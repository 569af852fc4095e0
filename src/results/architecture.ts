/** @file What is known of how a model is built, as the architecture card and every Result have it. */
import { z } from "zod";

const rotary = z
  .object({
    type: z.string().describe("rope_type of the configuration"),
    entries: z.int().describe("entries of a query and key that are turned"),
    interleaved: z.boolean().describe("pairs are (2i, 2i + 1); else (i, i + n)"),
  })
  .nullable();

export const architectureInfo = z.object({
  modelType: z.string().nullable().describe("as the configuration calls it"),
  sizes: z.object({
    dHead: z.int().nullable().describe("entries of a query and key; null where it is not known"),
    dValue: z.int().nullable(),
    dModel: z.int().nullable(),
    vocabulary: z.int(),
    contextLength: z.int(),
  }),
  attention: z.object({
    positions: z
      .enum(["learned", "shortformer", "sinusoids", "rotary", "alibi", "relative", "none"])
      .nullable(),
    layers: z
      .array(
        z.object({
          layer: z.int(),
          window: z
            .int()
            .nullable()
            .describe("keys that a query sees, itself included; null: all up to it (global)"),
          chunk: z
            .int()
            .optional()
            .describe(
              "rows are cut into parts of this many tokens, and a query sees its own alone; left out: they are not cut",
            ),
          rotary,
        }),
      )
      .describe("layer by layer"),
    latent: z.boolean().describe("keys and values come from low-rank vectors"),
    queryKeyNorm: z.boolean(),
    scoreSoftcap: z.number().nullable(),
    sinks: z.boolean().describe("heads may attend to no key"),
  }),
  norm: z.object({
    kind: z.enum(["LN", "RMS"]).nullable(),
    places: z.enum(["before", "after", "around", "stream"]).nullable(),
  }),
  parallel: z.boolean().describe("attention and MLP side by side"),
  residualMultiplier: z.number(),
  logitSoftcap: z.number().nullable(),
  unembedding: z.enum(["own", "tied", "none"]).nullable(),
  experts: z
    .object({
      count: z.int(),
      perToken: z.int(),
      shared: z.enum(["plain", "gated"]).nullable(),
      layers: z.array(z.int()),
    })
    .nullable(),
});

export type ArchitectureInfo = z.infer<typeof architectureInfo>;
