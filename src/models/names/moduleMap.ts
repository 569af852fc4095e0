/** @file From what a family calls its modules to the map of weight names: shapes follow from the spec. */
import { attentionsOf, unitsOf, type DecoderSpec } from "../decoder/spec.ts";
import type { WeightEntry, WeightMap } from "../weightMap.ts";
import { expertMap } from "./expertMap.ts";
import { fusedRows, type Part } from "./fusedOrders.ts";
import { latentMap } from "./latentMap.ts";
import { matrix, mlpMap } from "./matrices.ts";
import { ssmMap } from "./ssmMap.ts";
import type { Around, Dims, ModuleNames } from "./moduleNames.ts";

/** Every weight that a decoder of `spec` has; the unembedding may be absent. */
export function moduleMap(spec: DecoderSpec, names: ModuleNames): WeightMap {
  const around = { spec, names };
  return {
    ...embeddings(around),
    ...norms(around),
    ...attentionMap(around),
    ...ssmMap(around),
    ...(names.cross && crossAttention(around, names.cross)),
    ...(names.relative && {
      "relative.W_bias": { from: `${names.relative}.weight`, shape: ["bucket", "head"] },
    }),
    ...mlps(around),
    ...(names.experts && expertMap(around, names.experts)),
  };
}

/** Of the layers that have attention. */
function attentionMap(around: Around): WeightMap {
  const { names, spec } = around;
  const { blocks } = spec;
  const layers = blocks.flatMap(({ attention }, layer) => (attention ? [layer] : []));
  if (layers.length === 0) return {};
  const isLatent = blocks.some(({ attention }) => attention?.latent);
  const all = {
    ...(isLatent ? latentMap(around) : projections(around, "attn", names)),
    ...attentionExtras(around),
  };
  return layers.length === blocks.length ? all : inLayers(all, layers);
}

function inLayers(map: WeightMap, layers: readonly number[]): WeightMap {
  return Object.fromEntries(
    Object.entries(map).map(([name, entry]) => [name, { ...entry, layers }]),
  );
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
    ...((biases.head || names.headBias) && {
      "unembed.b_U": {
        from: names.headBias ?? `${names.head}.bias`,
        shape: ["d_vocab"],
        optional: true,
      },
    }),
    ...(names.tokenTypes && {
      "embed.W_token_type": {
        from: `${names.tokenTypes}.weight`,
        shape: ["token_type", "d_model"],
      },
    }),
    ...(names.transform && transform(names.transform, biases)),
  };
}

/** Optional, as a model without a head for words has none. */
function transform(
  { dense, norm }: NonNullable<ModuleNames["transform"]>,
  biases: NonNullable<ModuleNames["biases"]>,
): WeightMap {
  const all = {
    "unembed.W_transform": matrix({}, dense, "d_head_out", "d_model"),
    ...(biases.transform && {
      "unembed.b_transform": { from: `${dense}.bias`, shape: ["d_head_out"] },
    }),
    ...gains("unembed.ln", norm, biases.norms, ["d_model"]),
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, entry]) => [name, { ...entry, optional: true }]),
  );
}

function positionTable(from: string, offset: number, length: number): WeightEntry {
  return {
    from: `${from}.weight`,
    shape: ["n_rows", "d_model"],
    ...(offset > 0 && { select: [{ axis: "n_rows", start: offset, length }] }),
    merge: { n_ctx: ["n_rows"] },
  };
}

function norms({ spec, names }: Around): WeightMap {
  const at = (ours: string, theirs: string | undefined, layer = "") =>
    theirs === undefined ? {} : gains(ours, layer + theirs, names.biases?.norms, ["d_model"]);
  const withNorm = spec.blocks.flatMap(({ attentionNorm }, layer) =>
    attentionNorm === false ? [] : [layer],
  );
  const { layer } = names;
  return {
    ...at("embed.ln", names.embedNorm),
    ...inLayers(at("blocks.{layer}.ln1", names.ln1, layer), withNorm),
    ...at("blocks.{layer}.ln2", names.ln2, layer),
    ...at("blocks.{layer}.ln3", names.ln3, layer),
    ...at("blocks.{layer}.ln1_post", names.ln1_post, layer),
    ...at("blocks.{layer}.ln2_post", names.ln2_post, layer),
    ...at("ln_final", names.finalNorm),
    ...(names.scales && {
      "blocks.{layer}.ln1_scale": { from: layer + names.scales.attention, shape: ["d_model"] },
      "blocks.{layer}.ln2_scale": { from: layer + names.scales.mlp, shape: ["d_model"] },
    }),
  };
}

function gains(ours: string, theirs: string, bias: boolean | undefined, shape: Dims): WeightMap {
  return {
    [`${ours}.w`]: { from: `${theirs}.weight`, shape },
    ...(bias && { [`${ours}.b`]: { from: `${theirs}.bias`, shape } }),
  };
}

function projections(
  { spec, names }: Around,
  part: "attn" | "cross_attn",
  { attention }: Pick<ModuleNames, "attention">,
): WeightMap {
  const { heads, kvHeads } = unitsOf(spec);
  if (!attention) throw new Error("internal: no names of attention");
  const kv = kvHeads === heads ? "head" : "kv_head";
  const rowsOf = (which: Part) =>
    "qkv" in attention
      ? { from: attention.qkv, ...fusedRows(attention.order, which, heads, kvHeads) }
      : { from: attention[which], axes: [which === "q" ? "head" : kv, "d_head"] };
  const { qkv = false } = names.biases ?? {};
  const entries = (["q", "k", "v"] as const).flatMap((which): [string, WeightEntry][] => {
    const { from, axes, ...more } = rowsOf(which);
    const module = names.layer + from;
    const [ours, upper] = [`blocks.{layer}.${part}`, which.toUpperCase()];
    const biased = qkv === "q and v" ? which !== "k" : qkv;
    const weight = { ...matrix(names, module, axes, "d_model"), ...more };
    const bias = { from: `${module}.bias`, shape: [axes], ...more };
    return [
      [`${ours}.W_${upper}`, weight],
      ...(biased ? [[`${ours}.b_${upper}`, bias] as [string, WeightEntry]] : []),
    ];
  });
  return Object.fromEntries(entries);
}

function crossAttention(
  around: Around,
  { attention, o }: NonNullable<ModuleNames["cross"]>,
): WeightMap {
  const { layer, biases = {} } = around.names;
  const at = "blocks.{layer}.cross_attn";
  return {
    ...projections(around, "cross_attn", { attention }),
    [`${at}.W_O`]: matrix(around.names, layer + o, "d_model", ["head", "d_head"]),
    ...(biases.o && { [`${at}.b_O`]: { from: `${layer}${o}.bias`, shape: ["d_model"] } }),
  };
}

function attentionExtras({ spec, names }: Around): WeightMap {
  const { heads, kvHeads, norm, dValue } = attentionsOf(spec)[0]!;
  const { layer, biases = {} } = names;
  const at = "blocks.{layer}.attn";
  const inner = dValue === undefined ? "d_head" : "d_value";
  if (names.o === undefined) throw new Error("internal: no name of the output projection");
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
  if (layers.length === 0 || !names.mlp) return {};
  const all = mlpMap("blocks.{layer}.mlp", names.layer, names.mlp, names, "d_mlp");
  return layers.length === spec.blocks.length ? all : inLayers(all, layers);
}
