/** @file LLaMA's layout for models to be trained: names, sizes and configuration as Hugging Face has them. */
import type { ModelShape } from "./modelShape.ts";

/** Weights by name with their sizes [out, in], in the order of the forward pass. */
export function llamaShapes(shape: ModelShape): Map<string, readonly number[]> {
  const { vocabulary, layers, heads, kvHeads = heads, dModel, dMlp = 4 * dModel } = shape;
  const keys = (dModel / heads) * kvHeads;
  const shapes = new Map<string, readonly number[]>([
    ["model.embed_tokens.weight", [vocabulary, dModel]],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    shapes.set(`${at}.input_layernorm.weight`, [dModel]);
    shapes.set(`${at}.self_attn.q_proj.weight`, [dModel, dModel]);
    shapes.set(`${at}.self_attn.k_proj.weight`, [keys, dModel]);
    shapes.set(`${at}.self_attn.v_proj.weight`, [keys, dModel]);
    shapes.set(`${at}.self_attn.o_proj.weight`, [dModel, dModel]);
    shapes.set(`${at}.post_attention_layernorm.weight`, [dModel]);
    shapes.set(`${at}.mlp.gate_proj.weight`, [dMlp, dModel]);
    shapes.set(`${at}.mlp.up_proj.weight`, [dMlp, dModel]);
    shapes.set(`${at}.mlp.down_proj.weight`, [dModel, dMlp]);
  }
  shapes.set("model.norm.weight", [dModel]);
  if (!shape.tied) shapes.set("lm_head.weight", [vocabulary, dModel]);
  return shapes;
}

export function llamaConfig(shape: ModelShape): Record<string, unknown> {
  const { heads, kvHeads = heads, dModel, dMlp = 4 * dModel } = shape;
  return {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    num_hidden_layers: shape.layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    hidden_size: dModel,
    intermediate_size: dMlp,
    vocab_size: shape.vocabulary,
    max_position_embeddings: shape.contextLength,
    rms_norm_eps: 1e-5,
    hidden_act: shape.activation ?? "silu",
    rope_theta: 10000,
    tie_word_embeddings: shape.tied ?? false,
  };
}
