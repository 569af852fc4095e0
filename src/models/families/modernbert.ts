/** @file ModernBERT: an encoder with rotary positions, most layers of which see what is near, before and after. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { ENCODER } from "./bert.ts";
import { layerRopeKeys, layerRotaries } from "./layerRopes.ts";
import { layerTypeKeys } from "./llamaLike.ts";
import { family, layerTypesOf } from "./row.ts";

const schema = z.object({
  num_hidden_layers: z.int().positive().default(22),
  num_attention_heads: z.int().positive().default(12),
  hidden_size: z.int().positive().default(768),
  intermediate_size: z.int().positive().default(1152),
  vocab_size: z.int().positive().default(50368),
  max_position_embeddings: z.int().positive().default(8192),
  norm_eps: z.number().positive().default(1e-5),
  hidden_activation: activationName.default("gelu"),
  classifier_activation: activationName.default("gelu"),
  norm_bias: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  decoder_bias: z.boolean().default(true),
  classifier_bias: z.boolean().default(false),
  layer_types: layerTypeKeys.layer_types,
  global_attn_every_n_layers: z.int().positive().default(3),
  /** Keys that a layer of sliding attention sees, half of them before the query. */
  local_attention: z.int().positive().default(128),
  rope_parameters: layerRopeKeys.rope_parameters,
  global_rope_theta: layerRopeKeys.rope_theta,
  local_rope_theta: layerRopeKeys.rope_theta,
  tie_word_embeddings: z.boolean().default(true),
  /** Of how a head for other tasks reads, and of training and speed. */
  classifier_pooling: z.unknown().optional(),
  sparse_prediction: z.unknown().optional(),
  sparse_pred_ignore_index: z.unknown().optional(),
  deterministic_flash_attn: z.unknown().optional(),
  reference_compile: z.unknown().optional(),
  repad_logits_with_grad: z.unknown().optional(),
  initializer_cutoff_factor: z.unknown().optional(),
});

export const modernbert = family(
  "modernbert",
  schema,
  (c) => {
    const layers = c.num_hidden_layers;
    const heads = c.num_attention_heads;
    const dHead = perHead("hidden_size", c.hidden_size, heads);
    const types = layerTypesOf(
      c.layer_types,
      layers,
      (layer) => layer % c.global_attn_every_n_layers !== 0,
    );
    const full = c.global_rope_theta ?? 160_000;
    const thetas = { full_attention: full, sliding_attention: c.local_rope_theta ?? 10_000 };
    const rotary = layerRotaries({ rope_parameters: c.rope_parameters }, types, dHead, thetas);
    const norm = { kind: "LN", eps: c.norm_eps } as const;
    return {
      spec: {
        dModel: c.hidden_size,
        vocabulary: c.vocab_size,
        contextLength: c.max_position_embeddings,
        blocks: types.map((type, layer) => ({
          attention: {
            heads,
            kvHeads: heads,
            dHead,
            scale: 1 / Math.sqrt(dHead),
            mask: "none",
            reach: type === "sliding_attention" ? Math.floor(c.local_attention / 2) : null,
            rotary: rotary[layer]!,
          },
          attentionNorm: layer > 0,
          mlp: { act: c.hidden_activation },
        })),
        norm,
        embedNorm: norm,
        residual: { norms: "before" },
        head: { act: c.classifier_activation, norm },
      },
      names: {
        base: "model.",
        embed: "embeddings.tok_embeddings",
        embedNorm: "embeddings.norm",
        layer: "layers.{layer}.",
        ...{ ln1: "attn_norm", ln2: "mlp_norm", finalNorm: "final_norm" },
        attention: { qkv: "attn.Wqkv", order: "q, k, v" },
        o: "attn.Wo",
        mlp: { gateIn: "mlp.Wi", out: "mlp.Wo" },
        head: "/decoder",
        transform: { dense: "/head.dense", norm: "/head.norm" },
        biases: {
          ...{ qkv: c.attention_bias, o: c.attention_bias, mlp: c.mlp_bias },
          ...{ norms: c.norm_bias, head: c.decoder_bias, transform: c.classifier_bias },
        },
      },
      sizes: { d_mlp: c.intermediate_size },
      tied: c.tie_word_embeddings,
    };
  },
  ENCODER,
);
