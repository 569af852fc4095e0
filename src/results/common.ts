/** @file What every Result says about itself: model, input, warnings, environment. JSON, checked by zod. */
import { z } from "zod";
import { architectureInfo } from "./architecture.ts";

/** Numbers by layer and head: `[layer][head]`. */
export const byHead = z.array(z.array(z.number()));

/** A 95 % interval, [low, high]; null where there are too few examples for one. */
export const interval = z.tuple([z.number(), z.number()]).nullable();
export const intervalByHead = z.array(z.array(interval));

export const modelInfo = z.object({
  id: z.string().describe("what the user called the model"),
  family: z.string().describe("forward pass, such as gpt2 or llama"),
  revision: z.string().nullable().describe("full commit of a hub model, else null"),
  sha256: z.string().describe("hash of the weight files, in name order"),
  layers: z.int(),
  heads: z.int().describe("query heads in a layer"),
  headsByLayer: z
    .array(z.int())
    .optional()
    .describe("heads of each layer, or units of its scan, where layers differ; else not there"),
  kvHeads: z
    .int()
    .describe(
      "key and value heads in a layer; query head h belongs to group floor(h * kvHeads / heads)",
    ),
  processing: z
    .string()
    .describe('what was done to the weights: "none", or folding and centring by name'),
  architecture: architectureInfo
    .optional()
    .describe("how the model is built; not there in Results of earlier versions"),
});
export type ModelInfo = z.infer<typeof modelInfo>;

export const inputInfo = z.object({
  kind: z.string().describe("pattern generator, or tokens for the user's own"),
  seed: z.int().nullable(),
  examples: z.int(),
  period: z.int().nullable().describe("tokens between a token and its copy"),
  bos: z.boolean().describe("whether column 0 is the BOS token"),
  bosToken: z.int().nullable(),
  bosPolicy: z.string().describe("why BOS is or is not there, in words"),
  eosPolicy: z
    .string()
    .optional()
    .describe(
      "why the EOS that the tokenizer's files put behind a text is not there; left out where they put none",
    ),
  length: z.int().describe("tokens in each row, BOS included"),
  tokensSha256: z
    .string()
    .nullable()
    .describe("hash of the token ids (int32, little endian) when they are the user's own"),
  drawn: z
    .object({
      tokens: z.int().describe("ids that random rows are drawn from"),
      leftOut: z.record(z.string(), z.int()).describe("how many others are left out, by reason"),
      source: z.string().nullable().describe("file that says which ids are text; null: none does"),
    })
    .optional()
    .describe("what random rows are made of; not there for rows that were not drawn"),
});
export type InputInfo = z.infer<typeof inputInfo>;

export const environmentInfo = z.object({
  device: z.string(),
  choice: z
    .string()
    .optional()
    .describe("why this device computed; not there where it was asked for and did"),
  bits: z
    .int()
    .optional()
    .describe(
      "what weights and what is multiplied with them were rounded to; not there for float32",
    ),
  threads: z.int().optional().describe("of the processor; not there where another device computes"),
  versions: z.record(z.string(), z.string()),
  prepacking: z
    .boolean()
    .optional()
    .describe(
      "whether the processor's engine repacked weights; not there where another device computes",
    ),
});
export type EnvironmentInfo = z.infer<typeof environmentInfo>;

/** What all Results share. The same input gives the same bytes apart from `environment` and `timings`. */
export const resultHeader = {
  version: z.string().describe("version of induction-lens"),
  model: modelInfo,
  input: inputInfo,
  warnings: z.array(z.string()),
};
export const resultFooter = {
  environment: environmentInfo,
  timings: z.record(z.string(), z.number()).describe("milliseconds by step"),
};
