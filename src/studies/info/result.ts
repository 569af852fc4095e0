/** @file The architecture card of a model as a schema. */
import { z } from "zod";
import { architectureInfo } from "../../results/architecture.ts";

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
  sizes: architectureInfo.shape.sizes.extend({
    layers: z.int(),
    heads: z.int(),
    /** Heads of keys and values. */
    kvHeads: z.int(),
  }),
  /** Of a model that has several, or one of images; null for one that reads tokens alone. */
  stacks: z
    .array(
      z.object({
        /** What the names of its values begin with. */
        name: z.string(),
        layers: z.int(),
        heads: z.int(),
        mask: z.enum(["causal", "none"]),
        /** Whether its blocks attend to an encoder too. */
        cross: z.boolean(),
        dModel: z.int(),
        length: z.int(),
      }),
    )
    .nullable(),
  /** What its state-space layers are made of; null where it has none. */
  scan: z
    .object({
      /** What is counted as heads: channels, or heads of several channels. */
      units: z.enum(["channels", "heads"]),
      /** How many of these a layer has, and how many channels each. */
      heads: z.int(),
      dHead: z.int(),
      /** Layers that are scans; all but in hybrids. */
      layers: z.array(z.int()),
      /** Numbers in the state of a channel. */
      states: z.int(),
      /** Tokens that the convolution before the scan sees. */
      taps: z.int(),
    })
    .nullable(),
  /** Of an encoder, layer by layer: keys on each side that a query sees, null all; null for other models. */
  reaches: z.array(z.int().nullable()).nullable(),
  ...architectureInfo.pick({
    ...({ attention: true, norm: true, parallel: true, residualMultiplier: true } as const),
    ...({ logitSoftcap: true, unembedding: true, experts: true } as const),
  }).shape,
  parameters: z.object({
    total: z.number(),
    /** Those that one token's forward pass reads: all but the experts that it is not sent to. */
    active: z.number(),
  }),
  bytes: z.object({
    /** The weight files; null for a model without. */
    disk: z.number().nullable(),
    /** What `score`, or a run of a model with several stacks, needs for one row of `tokens` tokens. */
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
