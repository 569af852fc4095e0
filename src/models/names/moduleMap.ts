/** @file From what a family calls its modules to the map of weight names: shapes follow from the spec. */
import type { DecoderSpec } from "../decoder/spec.ts";
import type { WeightEntry, WeightMap } from "../weightMap.ts";
import { expertMap, type ExpertNames } from "./expertMap.ts";
import { fusedRows, type FusedOrder, type Part } from "./fusedOrders.ts";
import { latentMap } from "./latentMap.ts";

/** Queries, keys and values of their own, or in one matrix. */
export type AttentionNames =
  | { readonly q: string; readonly k: string; readonly v: string }
  | { readonly qkv: string; readonly order: FusedOrder };

/** Modules by their names in a checkpoint, after the prefix; those of a layer after the layer's. */
export interface ModuleNames {
  /** What stands before most names, as `model.`. */
  readonly base: string;
  readonly embed: string;
  /** Learned positions, and how many rows of the table come before that of the first position. */
  readonly positions?: string | undefined;
  readonly positionOffset?: number;
  readonly embedNorm?: string | undefined;
  /** OPT-350m's matrices between the embedding's width and the stream's. */
  readonly projectIn?: string | undefined;
  readonly projectOut?: string | undefined;
  /** `layers.{layer}.`. */
  readonly layer: string;
  readonly ln1?: string | undefined;
  readonly ln2?: string | undefined;
  readonly ln1_post?: string | undefined;
  readonly ln2_post?: string | undefined;
  readonly finalNorm?: string | undefined;
  readonly attention: AttentionNames;
  readonly o: string;
  readonly qNorm?: string | undefined;
  readonly kNorm?: string | undefined;
  readonly sinks?: string | undefined;
  readonly mlp: MlpNames;
  readonly experts?: ExpertNames;
  readonly head: string;
  readonly biases?: Biases;
  /** nn.Linear keeps [out, in] (default), Conv1D [in, out]. */
  readonly stored?: "out, in" | "in, out";
}

/** gate (if there is one), in, out; or gate and in as one matrix. */
export type MlpNames =
  | { readonly gate?: string; readonly in: string; readonly out: string }
  | { readonly gateIn: string; readonly out: string };

/** Which modules have biases; left out: none. */
export interface Biases {
  readonly qkv?: boolean;
  readonly o?: boolean;
  readonly mlp?: boolean;
  readonly head?: boolean;
  /** Of layer norms. */
  readonly norms?: boolean;
  readonly qkNorms?: boolean;
}

/** Sizes and layers that the map is made for. */
export interface Around {
  readonly spec: DecoderSpec;
  readonly names: ModuleNames;
}

export type Dims = readonly (string | readonly string[])[];

/** Every weight that a decoder of `spec` has; the unembedding may be absent. */
export function moduleMap(spec: DecoderSpec, names: ModuleNames): WeightMap {
  const around = { spec, names };
  return {
    ...embeddings(around),
    ...norms(around),
    ...(spec.blocks.some(({ attention }) => attention.latent)
      ? latentMap(around)
      : projections(around)),
    ...attentionExtras(around),
    ...mlps(around),
    ...(names.experts && expertMap(around, names.experts)),
  };
}

/** The weight of a linear module, in the order that the family stores. */
export function matrix(
  { stored = "out, in" }: Pick<ModuleNames, "stored">,
  from: string,
  out: string | readonly string[],
  inner: string | readonly string[],
): WeightEntry {
  return { from: `${from}.weight`, shape: stored === "out, in" ? [out, inner] : [inner, out] };
}

function embeddings({ spec, names }: Around): WeightMap {
  const { positionOffset: offset = 0, biases = {} } = names;
  const width = names.projectIn ? "d_embed" : "d_model";
  const head = `${names.head}.weight`;
  return {
    "embed.W_E": { from: `${names.embed}.weight`, shape: ["d_vocab", width], orElse: head },
    ...(names.positions && {
      "pos_embed.W_pos": positionTable(names.positions, offset, spec.contextLength),
    }),
    ...(names.projectIn && {
      "embed.W_in": matrix({}, names.projectIn, "d_model", "d_embed"),
      "unembed.W_out": matrix({}, names.projectOut!, "d_embed", "d_model"),
    }),
    "unembed.W_U": { from: head, shape: ["d_vocab", width], optional: true },
    ...(biases.head && {
      "unembed.b_U": { from: `${names.head}.bias`, shape: ["d_vocab"], optional: true },
    }),
  };
}

function positionTable(from: string, offset: number, length: number): WeightEntry {
  return {
    from: `${from}.weight`,
    shape: ["n_rows", "d_model"],
    ...(offset > 0 && { select: [{ axis: "n_rows", start: offset, length }] }),
    merge: { n_ctx: ["n_rows"] },
  };
}

function norms({ names }: Around): WeightMap {
  const at = (ours: string, theirs: string | undefined, layer = "") =>
    theirs === undefined ? {} : gains(ours, layer + theirs, names.biases?.norms, ["d_model"]);
  const { layer } = names;
  return {
    ...at("embed.ln", names.embedNorm),
    ...at("blocks.{layer}.ln1", names.ln1, layer),
    ...at("blocks.{layer}.ln2", names.ln2, layer),
    ...at("blocks.{layer}.ln1_post", names.ln1_post, layer),
    ...at("blocks.{layer}.ln2_post", names.ln2_post, layer),
    ...at("ln_final", names.finalNorm),
  };
}

function gains(ours: string, theirs: string, bias: boolean | undefined, shape: Dims): WeightMap {
  return {
    [`${ours}.w`]: { from: `${theirs}.weight`, shape },
    ...(bias && { [`${ours}.b`]: { from: `${theirs}.bias`, shape } }),
  };
}

function projections({ spec, names }: Around): WeightMap {
  const { heads, kvHeads } = spec.blocks[0]!.attention;
  const kv = kvHeads === heads ? "head" : "kv_head";
  const rowsOf = (part: Part) =>
    "qkv" in names.attention
      ? { from: names.attention.qkv, ...fusedRows(names.attention.order, part, heads, kvHeads) }
      : { from: names.attention[part], axes: [part === "q" ? "head" : kv, "d_head"] };
  const entries = (["q", "k", "v"] as const).flatMap((part): [string, WeightEntry][] => {
    const { from, axes, ...more } = rowsOf(part);
    const module = names.layer + from;
    const [ours, upper] = ["blocks.{layer}.attn", part.toUpperCase()];
    const weight = { ...matrix(names, module, axes, "d_model"), ...more };
    const bias = { from: `${module}.bias`, shape: [axes], ...more };
    return [
      [`${ours}.W_${upper}`, weight],
      ...(names.biases?.qkv ? [[`${ours}.b_${upper}`, bias] as [string, WeightEntry]] : []),
    ];
  });
  return Object.fromEntries(entries);
}

function attentionExtras({ spec, names }: Around): WeightMap {
  const { heads, kvHeads, norm, dValue } = spec.blocks[0]!.attention;
  const { layer, biases = {} } = names;
  const at = "blocks.{layer}.attn";
  const inner = dValue === undefined ? "d_head" : "d_value";
  const output = matrix(names, layer + names.o, "d_model", ["head", inner]);
  const shapeOf = (which: "q" | "k"): Dims => {
    const head = which === "q" || kvHeads === heads ? "head" : "kv_head";
    if (norm?.over === "head") return ["d_head"];
    return norm?.over === "each head" ? [head, "d_head"] : [`${which}_width`];
  };
  const normOf = (which: "q" | "k", from: string | undefined) => {
    if (from === undefined || !norm) return {};
    if (/\{(kv_)?head\}/.test(from)) return gainsOfHeads(`${at}.${which}_norm`, layer + from);
    const all = gains(`${at}.${which}_norm`, layer + from, biases.qkNorms, shapeOf(which));
    return norm.over === "all heads" ? renamedAxis(all, `${which}_width`, "d_heads") : all;
  };
  return {
    [`${at}.W_O`]: dValue === undefined ? output : { ...output, merge: { d_head: ["d_value"] } },
    ...(biases.o && { [`${at}.b_O`]: { from: `${layer}${names.o}.bias`, shape: ["d_model"] } }),
    ...normOf("q", names.qNorm),
    ...normOf("k", names.kNorm),
    ...(names.sinks && { [`${at}.sinks`]: { from: layer + names.sinks, shape: ["head"] } }),
  };
}

/** A tensor for each head, as StableLM has them. */
function gainsOfHeads(ours: string, theirs: string): WeightMap {
  const count = theirs.includes("{kv_head}") ? "kv_head" : "head";
  const shape = [["one", "d_head"]];
  return {
    [`${ours}.{${count}}.w`]: { from: `${theirs}.weight`, shape, merge: { [count]: ["one"] } },
  };
}

function renamedAxis(map: WeightMap, from: string, to: string): WeightMap {
  return Object.fromEntries(
    Object.entries(map).map(([name, entry]) => [name, { ...entry, merge: { [to]: [from] } }]),
  );
}

/** Of the layers that have no experts. */
function mlps({ spec, names }: Around): WeightMap {
  const layers = spec.blocks.flatMap(({ mlp }, layer) =>
    mlp && !("experts" in mlp) ? [layer] : [],
  );
  if (layers.length === 0) return {};
  const all = mlpMap("blocks.{layer}.mlp", names.layer, names.mlp, names, "d_mlp");
  if (layers.length === spec.blocks.length) return all;
  return Object.fromEntries(
    Object.entries(all).map(([name, entry]) => [name, { ...entry, layers }]),
  );
}

/** The weights of an MLP whose inner axis has the size of `width`. */
export function mlpMap(
  ours: string,
  layer: string,
  mlp: MlpNames,
  names: Pick<ModuleNames, "stored" | "biases">,
  width: string,
): WeightMap {
  const renamed = width === "d_mlp" ? {} : { merge: { d_mlp: [width] } };
  const inner = (name: string, from: string, more: object = {}, axes: Dims[number] = width) => ({
    [`${ours}.W_${name}`]: { ...matrix(names, layer + from, axes, "d_model"), ...renamed, ...more },
    ...(names.biases?.mlp && {
      [`${ours}.b_${name}`]: { from: `${layer}${from}.bias`, shape: [axes], ...renamed, ...more },
    }),
  });
  const half = (index: number) => ({ select: [{ axis: "gate_in", index }] });
  const fused = ["gate_in", width];
  return {
    ...("gateIn" in mlp
      ? {
          ...inner("gate", mlp.gateIn, half(0), fused),
          ...inner("in", mlp.gateIn, half(1), fused),
        }
      : { ...(mlp.gate && inner("gate", mlp.gate)), ...inner("in", mlp.in) }),
    [`${ours}.W_out`]: { ...matrix(names, layer + mlp.out, "d_model", width), ...renamed },
    ...(names.biases?.mlp && {
      [`${ours}.b_out`]: { from: `${layer}${mlp.out}.bias`, shape: ["d_model"] },
    }),
  };
}
