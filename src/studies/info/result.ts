/** @file The architecture card of a model as a schema. */
import { z } from "zod";

const memory = z.object({
  weightBytes: z.number(),
  valueBytes: z.number(),
  totalBytes: z.number(),
});

/** What `info` says about a model. */
export const cardResult = z.object({
  schema: z.literal("induction-lens/info@1"),
  version: z.string(),
  model: z.object({
    id: z.string(),
    revision: z.string().nullable(),
    /** Null: the files were never hashed. */
    sha256: z.string().nullable(),
    family: z.string(),
    /** As the configuration calls it. */
    modelType: z.string().nullable(),
  }),
  sizes: z.object({
    layers: z.int(),
    heads: z.int(),
    /** Heads of keys and values. */
    kvHeads: z.int(),
    /** Entries of a query and key, and of a value; null where the architecture does not say. */
    dHead: z.int().nullable(),
    dValue: z.int().nullable(),
    dModel: z.int().nullable(),
    vocabulary: z.int(),
    contextLength: z.int(),
  }),
  attention: z.object({
    positions: z
      .enum(["learned", "shortformer", "sinusoids", "rotary", "alibi", "relative", "none"])
      .nullable(),
    /** Layer by layer. `window`: keys that a query sees, itself included; null: all up to it. */
    layers: z.array(
      z.object({
        layer: z.int(),
        window: z.int().nullable(),
        rotary: z
          .object({ type: z.string(), entries: z.int(), interleaved: z.boolean() })
          .nullable(),
      }),
    ),
    latent: z.boolean(),
    queryKeyNorm: z.boolean(),
    scoreSoftcap: z.number().nullable(),
    sinks: z.boolean(),
  }),
  norm: z.object({
    kind: z.enum(["LN", "RMS"]).nullable(),
    places: z.enum(["before", "after", "around", "stream"]).nullable(),
  }),
  parallel: z.boolean(),
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
  parameters: z.object({
    total: z.number(),
    /** Those that one token's forward pass reads: all but the experts that it is not sent to. */
    active: z.number(),
  }),
  bytes: z.object({
    /** The weight files; null for a model without. */
    disk: z.number().nullable(),
    /** What `score` needs for one row of `tokens` tokens. */
    memory: z.object({ tokens: z.int(), cpu: memory, wasm: memory }),
  }),
  tokenizer: z.object({
    description: z.string().nullable(),
    vocabulary: z.int().nullable(),
    /** Why there is none; null where there is one. */
    none: z.string().nullable(),
  }),
  bos: z.object({
    /** Rows of random tokens. */
    rows: z.object({ id: z.int().nullable(), why: z.string() }),
    /** Text; null without a tokenizer. */
    text: z.object({ id: z.int().nullable(), added: z.boolean(), why: z.string() }).nullable(),
  }),
  notices: z.array(z.string()),
  /** Null where the study can run, else why not. */
  studies: z.record(z.string(), z.string().nullable()),
});

export type ModelCard = z.infer<typeof cardResult>;
