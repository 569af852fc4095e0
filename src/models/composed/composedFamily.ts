/** @file Families of models with several stacks, or with one that does not read tokens: a row gives their parts. */
import type { z } from "zod";
import { readConfig, unreadNotice } from "../config/readConfig.ts";
import { rowEndsOf, specialTokensOf, strayTokensNotice } from "../config/specialTokens.ts";
import { unitsOf, type StackSpec } from "../decoder/spec.ts";
import {
  withNotices,
  type Architecture,
  type Family,
  type ImageFacts,
  type Model,
  type StackFacts,
} from "../family.ts";
import type { CheckpointTensors } from "../checkpointTensors.ts";
import type { Program } from "../../graph/program.ts";
import { bindWeights, type Binding, type WeightMap } from "../weightMap.ts";

/** What such a family makes of its configuration. */
export interface ComposedRow {
  /** Entries have the sizes of their own stacks. */
  readonly weights: WeightMap;
  /** What stands before most names, as `model.`. */
  readonly base?: string;
  readonly ignorable?: readonly RegExp[];
  readonly program: (binding: Binding) => Program;
  readonly vocabulary: number;
  readonly stacks: readonly StackFacts[];
  /** How images enter; left out where the model sees none. */
  readonly image?: ImageFacts | undefined;
  /** An unembedding that files may have: the end of its name, and whether the configuration ties it to the embedding. */
  readonly head?: { readonly from: string; readonly tied: boolean } | undefined;
}

interface Context {
  readonly json: Readonly<Record<string, unknown>>;
  /** Whether the checkpoint has a tensor whose name ends so. */
  readonly has: (name: string) => boolean;
  /** Whether the embedding is the unembedding: where the files have none whose name ends so, or the caller chose it. */
  readonly ties: (name: string) => boolean;
}

export interface ComposedOptions {
  /** Keys with the only values that are computed. */
  readonly fixed?: Readonly<Record<string, readonly unknown[]>>;
}

/** @param schema keys of config.json that are handled; those with a default may be missing */
export function composedFamily<Shape extends z.ZodRawShape>(
  name: string,
  schema: z.ZodObject<Shape>,
  rowOf: (c: z.infer<z.ZodObject<Shape>>, context: Context) => ComposedRow,
  { fixed = {} }: ComposedOptions = {},
): Family {
  return (json, checkpoint, options = {}) => {
    const c = readConfig(name, schema, json, fixed);
    const names = [...checkpoint.weights.keys(), ...checkpoint.unsupported.keys()];
    const has = (end: string) => names.some((weightName) => weightName.endsWith(end));
    const ties = (end: string) => options.head === "tied" || !has(end);
    const row = rowOf(c, { json, has, ties });
    const binding = bindWeights(
      row.weights,
      {
        layers: 0,
        sizes: {},
        base: row.base ?? "",
        ignorable: row.ignorable ?? [],
        others: options.others ?? false,
      },
      checkpoint,
    );
    const model: Model = {
      architecture: architectureOf(name, row, json),
      program: row.program(binding),
      ...tiedHead(row, checkpoint, binding),
    };
    return withNotices(model, [
      row.head && !row.head.tied && !has(row.head.from)
        ? `the files have no unembedding (${row.head.from}) and the configuration does not tie one; the embedding is used`
        : null,
      unreadNotice(name, schema, json, { fixed }),
      row.vocabulary > 0 ? strayTokensNotice(json, row.vocabulary) : null,
    ]);
  };
}

/** The two tensors, where the configuration ties them and the files have both. */
function tiedHead(
  { head }: ComposedRow,
  { weights }: CheckpointTensors,
  { stored }: Binding,
): Pick<Model, "tiedHead"> {
  if (!head?.tied) return {};
  const own = [...weights].find(([name]) => name.endsWith(head.from))?.[1];
  const embedding = stored("embed.W_E") ?? stored("decoder.embed.W_E");
  return own && embedding && own !== embedding ? { tiedHead: { embedding, own } } : {};
}

/** The counts of a whole are those of its last stack, which gives the output. */
function architectureOf(
  family: string,
  { stacks, vocabulary, image }: ComposedRow,
  json: Readonly<Record<string, unknown>>,
): Architecture {
  const last = stacks.at(-1)!;
  return {
    family,
    ...(typeof json["model_type"] === "string" && { modelType: json["model_type"] }),
    layers: last.layers,
    heads: last.heads,
    kvHeads: last.heads,
    contextLength: last.length,
    vocabulary,
    ...specialTokensOf(json, vocabulary),
    dModel: last.dModel,
    stacks,
    ...(image && { image: imageFactsOf(image) }),
    ...(last.cross && { rowEnds: rowEndsOf(json, vocabulary) }),
  };
}

function imageFactsOf({ channels, size, patch, before }: ImageFacts): ImageFacts {
  return { channels, size, patch, before };
}

export function stackFacts(name: string, stack: StackSpec, length: number): StackFacts {
  const { blocks, dModel } = stack;
  const { attention, cross = null } = blocks[0]!;
  const { heads } = unitsOf(stack);
  const mask = attention?.mask ?? "causal";
  return { name, layers: blocks.length, heads, mask, cross: cross !== null, dModel, length };
}
