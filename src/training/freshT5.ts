/** @file T5's layout for models to be trained: names, sizes, configuration and first weights as Hugging Face has them. */
import type { ModelShape } from "./modelShape.ts";

/** Ids that are not text: what a decoder's row starts with (T5's padding), and what ends what is read and written. */
export const T5_IDS = { start: 0, end: 1, first: 2 } as const;

/** Distances are told apart one by one up to half of the buckets, and then ever more coarsely. */
const [BUCKETS, MAX_DISTANCE] = [32, 128];
const RELATIVE = "layer.0.SelfAttention.relative_attention_bias.weight";

const innerOf = ({ dModel, dMlp = 4 * dModel }: ModelShape) => dMlp;

/** Weights by name with their sizes [out, in], in the order of the forward pass. */
export function t5Shapes(shape: ModelShape): Map<string, readonly number[]> {
  const { vocabulary, layers, heads, dModel } = shape;
  const inner = innerOf(shape);
  const shapes = new Map<string, readonly number[]>([["shared.weight", [vocabulary, dModel]]]);
  const putAttention = (at: string, name: string) => {
    for (const which of ["q", "k", "v", "o"])
      shapes.set(`${at}.${name}.${which}.weight`, [dModel, dModel]);
    shapes.set(`${at}.layer_norm.weight`, [dModel]);
  };
  for (const stack of ["encoder", "decoder"]) {
    for (let layer = 0; layer < layers; layer++) {
      const at = `${stack}.block.${layer}`;
      putAttention(`${at}.layer.0`, "SelfAttention");
      if (layer === 0) shapes.set(`${at}.${RELATIVE}`, [BUCKETS, heads]);
      if (stack === "decoder") putAttention(`${at}.layer.1`, "EncDecAttention");
      const last = `${at}.layer.${stack === "decoder" ? 2 : 1}`;
      shapes.set(`${last}.DenseReluDense.wi.weight`, [inner, dModel]);
      shapes.set(`${last}.DenseReluDense.wo.weight`, [dModel, inner]);
      shapes.set(`${last}.layer_norm.weight`, [dModel]);
    }
    shapes.set(`${stack}.final_layer_norm.weight`, [dModel]);
  }
  if (!shape.tied) shapes.set("lm_head.weight", [vocabulary, dModel]);
  return shapes;
}

export function t5Config(shape: ModelShape): Record<string, unknown> {
  const { layers, heads, dModel, tied = false } = shape;
  return {
    model_type: "t5",
    architectures: ["T5ForConditionalGeneration"],
    is_encoder_decoder: true,
    num_layers: layers,
    num_decoder_layers: layers,
    num_heads: heads,
    d_model: dModel,
    d_kv: dModel / heads,
    d_ff: innerOf(shape),
    vocab_size: shape.vocabulary,
    n_positions: shape.contextLength,
    relative_attention_num_buckets: BUCKETS,
    relative_attention_max_distance: MAX_DISTANCE,
    layer_norm_epsilon: 1e-6,
    feed_forward_proj: shape.activation ?? "relu",
    tie_word_embeddings: tied,
    scale_decoder_outputs: tied,
    decoder_start_token_id: T5_IDS.start,
    pad_token_id: T5_IDS.start,
    eos_token_id: T5_IDS.end,
  };
}

/**
 * The standard deviation of a weight at the start; null for those that every family draws alike. Scores are not scaled in T5, so
 * queries begin smaller by the root of a head's width (Raffel et al. 2020; transformers' T5PreTrainedModel).
 */
export function t5Deviation(name: string, { dModel, heads, tied }: ModelShape): number | null {
  if (name === "shared.weight" && tied) return 1; // logits are divided by the root of its width
  if (/\.q\.weight$/.test(name)) return 1 / Math.sqrt(dModel * (dModel / heads));
  if (name.endsWith(RELATIVE)) return 1 / Math.sqrt(dModel);
  return null;
}
