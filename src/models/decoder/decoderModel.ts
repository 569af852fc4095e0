/** @file From a family's row to its model: weights found and checked, Program built, facts told. */
import { decoderFacts } from "./decoderFacts.ts";
import { decoderProgram } from "./decoder.ts";
import { hasExperts, unitsOf, type DecoderSpec } from "./spec.ts";
import { specialTokensOf, strayTokensNotice } from "../config/specialTokens.ts";
import { withNotices, type DecoderFacts, type Model, type ModelOptions } from "../family.ts";
import type { CheckpointTensors } from "../checkpointTensors.ts";
import { bindWeights, type Binding, type Sizes, type WeightMap } from "../weightMap.ts";
import { sizesOf } from "./sizes.ts";

/** A model as data: what it is made of, and where its weights lie. */
export interface DecoderRow {
  readonly spec: DecoderSpec;
  readonly weights: WeightMap;
  /** Before most names. */
  readonly base?: string;
  /** Sizes that the spec does not say: d_mlp and its like. */
  readonly sizes: Sizes;
  /** The embedding serves as unembedding too. */
  readonly tied: boolean;
  readonly ignorable?: readonly RegExp[];
}

/** Left in files by training: tables that are computed, and heads of other tasks. */
const IGNORABLE = [
  /(^|\.)rotary_emb\.(inv_freq|cos_cached|sin_cached)$/,
  /^(score|classifier|qa_outputs|v_head|summary)\./,
];

/** @throws {InputError} "weights" if the tensors do not fit */
export function decoderModel(
  row: DecoderRow,
  json: Readonly<Record<string, unknown>>,
  checkpoint: CheckpointTensors,
  options: ModelOptions = {},
): Model {
  const { spec } = row;
  const { weights, headNames } = withHead(row, options);
  const binding = bindWeights(
    weights,
    {
      layers: spec.blocks.length,
      counts: countsOf(spec),
      sizes: { ...sizesOf(spec), ...row.sizes },
      base: row.base ?? "",
      ignorable: [...IGNORABLE, ...headNames, ...(row.ignorable ?? [])],
      others: options.others ?? false,
    },
    checkpoint,
  );
  const head = headOf(row, binding, options);
  const absent = head === "none" ? (spec.head ? WORDLESS : HEADLESS) : null;
  const { heads, kvHeads } = unitsOf(spec);
  const model = {
    architecture: {
      family: spec.family,
      ...(typeof json["model_type"] === "string" && { modelType: json["model_type"] }),
      layers: spec.blocks.length,
      heads,
      ...headsByLayer(spec),
      kvHeads,
      contextLength: spec.contextLength,
      vocabulary: spec.vocabulary,
      ...specialTokensOf(json, spec.vocabulary),
      ...decoderFacts(spec, head, json),
    },
    program: decoderProgram(spec, binding.weights, absent),
    ...tiedHead(row, checkpoint, binding),
  };
  return withNotices(model, [strayTokensNotice(json, spec.vocabulary)]);
}

/** Nothing where all layers have as many. */
function headsByLayer({ blocks }: DecoderSpec): Pick<Model["architecture"], "headsByLayer"> {
  const counts = blocks.map(({ attention, ssm }) => (attention ?? ssm!).heads);
  return new Set(counts).size > 1 ? { headsByLayer: counts } : {};
}

const HEADLESS =
  "this model has no logits: its files have no unembedding (lm_head.weight) and its configuration does not tie one; scores and patterns of attention need none";

const WORDLESS =
  "this model has no logits: its files have no head that predicts masked words; scores and patterns of attention need none";

function countsOf(spec: DecoderSpec) {
  const { heads, kvHeads } = unitsOf(spec);
  const experts = spec.blocks.flatMap(({ mlp }) => (hasExperts(mlp) ? [mlp.experts] : []))[0] ?? 0;
  return { expert: experts, head: heads, kv_head: kvHeads };
}

/** The map, without an unembedding of its own where the embedding is used; such a one in the files is then no stranger. */
function withHead({ weights, tied }: DecoderRow, { head }: ModelOptions) {
  const own = weights["unembed.W_U"];
  if (!own || head === "file" || (head === undefined && !tied)) return { weights, headNames: [] };
  const { "unembed.W_U": _, ...rest } = weights;
  const name = own.from.replace(/^\//, "").replaceAll(".", "\\.");
  return { weights: rest, headNames: [new RegExp(`(^|\\.)${name}$`)] };
}

function headOf(
  { tied, spec }: DecoderRow,
  { stored }: Binding,
  { head }: ModelOptions,
): DecoderFacts["head"] {
  if (spec.head && !stored("unembed.W_transform")) return "none";
  if (stored("unembed.W_U")) return "own";
  return tied || head === "tied" ? "tied" : "none";
}

/** The two tensors, where the configuration ties them and the files have both. */
function tiedHead(
  { weights, tied }: DecoderRow,
  checkpoint: CheckpointTensors,
  { stored, prefix }: Binding,
): Pick<Model, "tiedHead"> {
  const from = weights["unembed.W_U"]?.from.replace(/^\//, "");
  const embedding = stored("embed.W_E");
  if (!tied || from === undefined || !embedding) return {};
  const names = [from, ...prefixes(prefix).map((start) => start + from)];
  const own = names.map((name) => checkpoint.weights.get(name)).find((tensor) => tensor);
  return own && own !== embedding ? { tiedHead: { embedding, own } } : {};
}

function prefixes(prefix: string): string[] {
  const parts = prefix.split(".").slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join(".")}.`);
}
