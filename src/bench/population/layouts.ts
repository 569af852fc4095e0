/** @file Writes the weights of a planted model as each family's files have them. */
import { sizeOf } from "../../base/tensor.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { PLANTED_BOS } from "../../models/planted/circuit.ts";
import type { BareModel } from "./bareModel.ts";
import { asGemma2, asMixtral } from "./llamaRelatives.ts";
import type { Part, Parts } from "./disguise.ts";
import { mlpWidth } from "./mlps.ts";
import type { Plan, Sizes } from "./plans.ts";

interface Shape {
  readonly plan: Plan;
  readonly sizes: Sizes;
  readonly bare: Pick<BareModel, "stream" | "frame" | "rotation">;
  /** Whether TransformerLens divides scores by sqrt(d_head); other families always do. */
  readonly scaledScores: boolean;
}

/** @param parts by TransformerLens' names, with queries for unscaled scores */
export function checkpointOf(parts: Parts, shape: Shape): Checkpoint {
  return LAYOUTS[shape.plan.layout](withScaledQueries(parts, shape), shape);
}

const LAYOUTS: Readonly<Record<Plan["layout"], (parts: Parts, shape: Shape) => Checkpoint>> = {
  transformer_lens: transformerLens,
  gpt2,
  gpt_neox: gptNeox,
  llama,
};

function withScaledQueries(parts: Parts, { plan, bare, scaledScores }: Shape): Parts {
  if (plan.layout === "transformer_lens" && !scaledScores) return parts;
  const scale = Math.sqrt(bare.frame.dHead);
  return new Map(
    [...parts].map(([name, part]) =>
      name.endsWith("W_Q")
        ? [name, { ...part, data: part.data.map((value) => scale * value) }]
        : [name, part],
    ),
  );
}

function transformerLens(parts: Parts, { plan, sizes, bare, scaledScores }: Shape): Checkpoint {
  const { dModel, width } = bare.stream;
  const { dHead } = bare.frame;
  const all = new Map(parts);
  for (let layer = 0; layer < sizes.layers; layer++) {
    for (const bias of ["b_Q", "b_K", "b_V"])
      all.set(`blocks.${layer}.attn.${bias}`, empty(sizes.heads, dHead));
    all.set(`blocks.${layer}.attn.b_O`, empty(dModel));
    if (plan.mlp) all.set(`blocks.${layer}.mlp.b_in`, empty(mlpWidth(width)));
    if (plan.mlp) all.set(`blocks.${layer}.mlp.b_out`, empty(dModel));
  }
  if (plan.norm === "LN")
    for (const name of parts.keys())
      if (/ln(1|2|_final)\.w$/.test(name)) all.set(name.replace(/w$/, "b"), empty(dModel));
  all.set("unembed.b_U", empty(sizes.vocabulary));
  const config = {
    format: "transformer_lens",
    n_layers: sizes.layers,
    d_model: dModel,
    n_heads: sizes.heads,
    d_head: dHead,
    n_ctx: sizes.contextLength,
    d_vocab: sizes.vocabulary,
    attn_only: plan.mlp === null,
    ...(plan.mlp && { d_mlp: mlpWidth(width), act_fn: plan.activation }),
    normalization_type: plan.norm,
    positional_embedding_type: plan.positions,
    use_attn_scale: scaledScores,
    ...(bare.rotation && {
      rotary_dim: bare.rotation.dims,
      rotary_base: bare.rotation.base,
      rotary_adjacent_pairs: bare.rotation.adjacent,
    }),
    ...(sizes.bos && { bos_token_id: PLANTED_BOS }),
  };
  return { config, parts: all };
}

function gpt2(parts: Parts, { plan, sizes, bare }: Shape): Checkpoint {
  const { dModel, width } = bare.stream;
  const all = new Map<string, Part>([
    ["wte.weight", parts.get("embed.W_E")!],
    ["wpe.weight", parts.get("pos_embed.W_pos")!],
    ["ln_f.weight", parts.get("ln_final.w")!],
    ["ln_f.bias", empty(dModel)],
    ["lm_head.weight", transposePart(parts.get("unembed.W_U")!)],
  ]);
  for (let layer = 0; layer < sizes.layers; layer++) {
    const [from, to] = [`blocks.${layer}`, `h.${layer}`];
    const part = (name: string) => parts.get(`${from}.${name}`)!;
    const inputs = ["W_Q", "W_K", "W_V"].map((name) => byInput(part(`attn.${name}`)));
    all.set(`${to}.ln_1.weight`, part("ln1.w"));
    all.set(`${to}.ln_1.bias`, empty(dModel));
    all.set(`${to}.attn.c_attn.weight`, beside(inputs));
    all.set(`${to}.attn.c_attn.bias`, empty(3 * dModel));
    all.set(`${to}.attn.c_proj.weight`, flattenPart(part("attn.W_O")));
    all.set(`${to}.attn.c_proj.bias`, empty(dModel));
    all.set(`${to}.ln_2.weight`, part("ln2.w"));
    all.set(`${to}.ln_2.bias`, empty(dModel));
    all.set(`${to}.mlp.c_fc.weight`, part("mlp.W_in"));
    all.set(`${to}.mlp.c_fc.bias`, empty(mlpWidth(width)));
    all.set(`${to}.mlp.c_proj.weight`, part("mlp.W_out"));
    all.set(`${to}.mlp.c_proj.bias`, empty(dModel));
  }
  const config = {
    model_type: "gpt2",
    n_layer: sizes.layers,
    n_head: sizes.heads,
    n_embd: dModel,
    n_inner: mlpWidth(width),
    n_positions: sizes.contextLength,
    vocab_size: sizes.vocabulary,
    activation_function: plan.activation,
    tie_word_embeddings: false,
    ...(sizes.bos && { bos_token_id: PLANTED_BOS }),
  };
  return { config, parts: all };
}

function gptNeox(parts: Parts, { plan, sizes, bare }: Shape): Checkpoint {
  const { dModel, width } = bare.stream;
  const { dHead } = bare.frame;
  const all = new Map<string, Part>([
    ["gpt_neox.embed_in.weight", parts.get("embed.W_E")!],
    ["gpt_neox.final_layer_norm.weight", parts.get("ln_final.w")!],
    ["gpt_neox.final_layer_norm.bias", empty(dModel)],
    ["embed_out.weight", transposePart(parts.get("unembed.W_U")!)],
  ]);
  for (let layer = 0; layer < sizes.layers; layer++) {
    const to = `gpt_neox.layers.${layer}`;
    const part = (name: string) => parts.get(`blocks.${layer}.${name}`)!;
    const inputs = ["W_Q", "W_K", "W_V"].map((name) => transposedHeads(part(`attn.${name}`)));
    all.set(`${to}.input_layernorm.weight`, part("ln1.w"));
    all.set(`${to}.input_layernorm.bias`, empty(dModel));
    all.set(`${to}.attention.query_key_value.weight`, headByHead(inputs, dModel));
    all.set(`${to}.attention.query_key_value.bias`, empty(3 * sizes.heads * dHead));
    all.set(`${to}.attention.dense.weight`, transposePart(flattenPart(part("attn.W_O"))));
    all.set(`${to}.attention.dense.bias`, empty(dModel));
    all.set(`${to}.post_attention_layernorm.weight`, part("ln2.w"));
    all.set(`${to}.post_attention_layernorm.bias`, empty(dModel));
    all.set(`${to}.mlp.dense_h_to_4h.weight`, transposePart(part("mlp.W_in")));
    all.set(`${to}.mlp.dense_h_to_4h.bias`, empty(mlpWidth(width)));
    all.set(`${to}.mlp.dense_4h_to_h.weight`, transposePart(part("mlp.W_out")));
    all.set(`${to}.mlp.dense_4h_to_h.bias`, empty(dModel));
  }
  const { dims, base } = bare.rotation!;
  const config = {
    model_type: "gpt_neox",
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    hidden_size: dModel,
    intermediate_size: mlpWidth(width),
    max_position_embeddings: sizes.contextLength,
    vocab_size: sizes.vocabulary,
    hidden_act: plan.activation,
    rotary_pct: (dims + 0.5) / dHead, // entries are cut to whole ones
    rotary_emb_base: base,
    use_parallel_residual: true,
    ...(sizes.bos && { bos_token_id: PLANTED_BOS }),
  };
  return { config, parts: all };
}

function llama(parts: Parts, { plan, sizes, bare }: Shape): Checkpoint {
  const { dModel, width } = bare.stream;
  const all = new Map<string, Part>([
    ["model.embed_tokens.weight", parts.get("embed.W_E")!],
    ["model.norm.weight", parts.get("ln_final.w")!],
    ["lm_head.weight", transposePart(parts.get("unembed.W_U")!)],
  ]);
  for (let layer = 0; layer < sizes.layers; layer++) {
    const to = `model.layers.${layer}`;
    const part = (name: string) => parts.get(`blocks.${layer}.${name}`)!;
    const rows = (name: string) => flattenPart(transposedHeads(part(`attn.${name}`)));
    all.set(`${to}.input_layernorm.weight`, part("ln1.w"));
    all.set(`${to}.self_attn.q_proj.weight`, rows("W_Q"));
    all.set(`${to}.self_attn.k_proj.weight`, rows("W_K"));
    all.set(`${to}.self_attn.v_proj.weight`, rows("W_V"));
    all.set(`${to}.self_attn.o_proj.weight`, transposePart(flattenPart(part("attn.W_O"))));
    all.set(`${to}.post_attention_layernorm.weight`, part("ln2.w"));
    all.set(`${to}.mlp.gate_proj.weight`, transposePart(part("mlp.W_gate")));
    all.set(`${to}.mlp.up_proj.weight`, transposePart(part("mlp.W_in")));
    all.set(`${to}.mlp.down_proj.weight`, transposePart(part("mlp.W_out")));
  }
  const config = {
    model_type: "llama",
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.kvHeads,
    head_dim: bare.frame.dHead,
    hidden_size: dModel,
    intermediate_size: mlpWidth(width),
    max_position_embeddings: sizes.contextLength,
    vocab_size: sizes.vocabulary,
    hidden_act: plan.activation,
    rope_theta: bare.rotation!.base,
    ...(sizes.bos && { bos_token_id: PLANTED_BOS }),
  };
  const checkpoint = { config, parts: all };
  if (plan.family === "gemma2") return asGemma2(checkpoint, { dModel, eps: plan.eps! });
  return plan.family === "mixtral" ? asMixtral(checkpoint, sizes.layers) : checkpoint;
}

function empty(...shape: readonly number[]): Part {
  return { shape, data: new Float32Array(sizeOf(shape)) };
}

/** [a, b] -> [b, a] */
function transposePart({ shape, data }: Part): Part {
  const [rows, columns] = shape as readonly [number, number];
  const transpose = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      transpose[column * rows + row] = data[row * columns + column]!;
  return { shape: [columns, rows], data: transpose };
}

/** [head, a, b] -> [head, b, a] */
function transposedHeads({ shape, data }: Part): Part {
  const [heads, rows, columns] = shape as readonly [number, number, number];
  const area = rows * columns;
  const transposes = new Float32Array(data.length);
  for (let head = 0; head < heads; head++)
    transposes.set(
      transposePart({ shape: [rows, columns], data: data.subarray(head * area, (head + 1) * area) })
        .data,
      head * area,
    );
  return { shape: [heads, columns, rows], data: transposes };
}

/** [head, a, b] -> [head * a, b] */
function flattenPart({ shape, data }: Part): Part {
  const [heads, rows, columns] = shape as readonly [number, number, number];
  return { shape: [heads * rows, columns], data };
}

/** [head, d_model, d_head] -> [d_model, head * d_head] */
function byInput(part: Part): Part {
  return transposePart(flattenPart(transposedHeads(part)));
}

/** Matrices of as many rows next to each other. */
function beside(parts: readonly Part[]): Part {
  const rows = parts[0]!.shape[0]!;
  const widths = parts.map(({ shape }) => shape[1]!);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const data = new Float32Array(rows * total);
  let from = 0;
  parts.forEach((part, at) => {
    const width = widths[at]!;
    for (let row = 0; row < rows; row++)
      data.set(part.data.subarray(row * width, (row + 1) * width), row * total + from);
    from += width;
  });
  return { shape: [rows, total], data };
}

/** Each [head, d_head, d_model] -> rows of the first head of each, then of the second. */
function headByHead(parts: readonly Part[], dModel: number): Part {
  const heads = parts[0]!.shape[0]!;
  const area = parts[0]!.data.length / heads;
  const data = new Float32Array(parts.length * heads * area);
  for (let head = 0; head < heads; head++)
    parts.forEach((part, at) =>
      data.set(
        part.data.subarray(head * area, (head + 1) * area),
        (head * parts.length + at) * area,
      ),
    );
  return { shape: [data.length / dModel, dModel], data };
}
