/** @file LLaMA: RMS norm, rotary positions, grouped keys and values, gated MLP. Mistral and Qwen are this with other keys. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { builder } from "../../graph/builder.ts";
import type { Name } from "../../graph/builder.ts";
import { activationName, type ActivationName } from "../config/activation.ts";
import { perHead, readConfig } from "../config/readConfig.ts";
import { ropeKeys, ropeOf, type Rope } from "../config/rope.ts";
import { specialTokensOf, type Family, type Model } from "../family.ts";
import {
  attention,
  causalMask,
  mlp,
  needed,
  norm,
  rotaryTables,
  tokenInputs,
  unembed,
} from "../parts.ts";
import { bindWeights, type CheckpointTensors, type WeightMap } from "../weightMap.ts";

/** Keys that LLaMA, Mistral and Qwen have in common. */
export const llamaKeys = {
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  num_key_value_heads: z.int().positive().nullish(),
  head_dim: z.int().positive().nullish(),
  hidden_size: z.int().positive(),
  intermediate_size: z.int().positive(),
  vocab_size: z.int().positive(),
  max_position_embeddings: z.int().positive().default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: activationName.default("silu"),
  tie_word_embeddings: z.boolean().default(false),
  ...ropeKeys,
};

const schema = z.object({
  ...llamaKeys,
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
});

export const llama: Family = (json, checkpoint) => {
  const c = readConfig("llama", schema, json);
  const shape = llamaShape("llama", c, json);
  const biases = { qkv: c.attention_bias, o: c.attention_bias, mlp: c.mlp_bias };
  const windows = fullAttention(shape.layers);
  return llamaModel({ ...shape, biases, windows, qkNorm: false }, checkpoint);
};

/** What the members of this group differ in, with the sizes. */
export interface LlamaShape {
  readonly family: string;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly eps: number;
  readonly act: ActivationName;
  readonly rope: Rope;
  readonly tied: boolean;
  readonly special: ReturnType<typeof specialTokensOf>;
}

export interface LlamaOptions extends LlamaShape {
  readonly biases: { readonly qkv: boolean; readonly o: boolean; readonly mlp: boolean };
  /** Keys that a query sees, itself included, by layer; null: all before it. */
  readonly windows: readonly (number | null)[];
  /** RMS norm of each query and key over d_head, before the rotation (Qwen3). */
  readonly qkNorm: boolean;
}

/** Sizes from the common keys. */
export function llamaShape(
  family: string,
  c: z.infer<z.ZodObject<typeof llamaKeys>>,
  json: Readonly<Record<string, unknown>>,
): LlamaShape {
  const heads = c.num_attention_heads;
  const kvHeads = c.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0) {
    throw new InputError(
      "config",
      `num_attention_heads ${heads} cannot share num_key_value_heads ${kvHeads} evenly`,
    );
  }
  const dHead = c.head_dim ?? perHead("hidden_size", c.hidden_size, heads);
  return {
    family,
    layers: c.num_hidden_layers,
    heads,
    kvHeads,
    dHead,
    dModel: c.hidden_size,
    dMlp: c.intermediate_size,
    vocabulary: c.vocab_size,
    contextLength: c.max_position_embeddings,
    eps: c.rms_norm_eps,
    act: c.hidden_act,
    rope: ropeOf(c, dHead, { theta: 10000, part: 1 }),
    tied: c.tie_word_embeddings,
    special: specialTokensOf(json),
  };
}

export function fullAttention(layers: number): null[] {
  return new Array<null>(layers).fill(null);
}

/** nn.Linear keeps [out, in]. */
function weightMap(kv: string, { biases, qkNorm, tied }: LlamaOptions): WeightMap {
  const layer = "model.layers.{layer}";
  return {
    "embed.W_E": { from: "model.embed_tokens.weight", shape: ["d_vocab", "d_model"] },
    "blocks.{layer}.ln1.w": { from: `${layer}.input_layernorm.weight`, shape: ["d_model"] },
    "blocks.{layer}.attn.W_Q": {
      from: `${layer}.self_attn.q_proj.weight`,
      shape: [["head", "d_head"], "d_model"],
    },
    "blocks.{layer}.attn.W_K": {
      from: `${layer}.self_attn.k_proj.weight`,
      shape: [[kv, "d_head"], "d_model"],
    },
    "blocks.{layer}.attn.W_V": {
      from: `${layer}.self_attn.v_proj.weight`,
      shape: [[kv, "d_head"], "d_model"],
    },
    "blocks.{layer}.attn.W_O": {
      from: `${layer}.self_attn.o_proj.weight`,
      shape: ["d_model", ["head", "d_head"]],
    },
    ...(biases.qkv && {
      "blocks.{layer}.attn.b_Q": {
        from: `${layer}.self_attn.q_proj.bias`,
        shape: [["head", "d_head"]],
      },
      "blocks.{layer}.attn.b_K": {
        from: `${layer}.self_attn.k_proj.bias`,
        shape: [[kv, "d_head"]],
      },
      "blocks.{layer}.attn.b_V": {
        from: `${layer}.self_attn.v_proj.bias`,
        shape: [[kv, "d_head"]],
      },
    }),
    ...(biases.o && {
      "blocks.{layer}.attn.b_O": { from: `${layer}.self_attn.o_proj.bias`, shape: ["d_model"] },
    }),
    ...(qkNorm && {
      "blocks.{layer}.attn.q_norm.w": {
        from: `${layer}.self_attn.q_norm.weight`,
        shape: ["d_head"],
      },
      "blocks.{layer}.attn.k_norm.w": {
        from: `${layer}.self_attn.k_norm.weight`,
        shape: ["d_head"],
      },
    }),
    "blocks.{layer}.ln2.w": {
      from: `${layer}.post_attention_layernorm.weight`,
      shape: ["d_model"],
    },
    "blocks.{layer}.mlp.W_gate": {
      from: `${layer}.mlp.gate_proj.weight`,
      shape: ["d_mlp", "d_model"],
    },
    "blocks.{layer}.mlp.W_in": { from: `${layer}.mlp.up_proj.weight`, shape: ["d_mlp", "d_model"] },
    "blocks.{layer}.mlp.W_out": {
      from: `${layer}.mlp.down_proj.weight`,
      shape: ["d_model", "d_mlp"],
    },
    ...(biases.mlp && {
      "blocks.{layer}.mlp.b_gate": { from: `${layer}.mlp.gate_proj.bias`, shape: ["d_mlp"] },
      "blocks.{layer}.mlp.b_in": { from: `${layer}.mlp.up_proj.bias`, shape: ["d_mlp"] },
      "blocks.{layer}.mlp.b_out": { from: `${layer}.mlp.down_proj.bias`, shape: ["d_model"] },
    }),
    "ln_final.w": { from: "model.norm.weight", shape: ["d_model"] },
    ...(!tied && { "unembed.W_U": { from: "lm_head.weight", shape: ["d_vocab", "d_model"] } }),
  };
}

const IGNORABLE = [/\.rotary_emb\.inv_freq$/];

export function llamaModel(options: LlamaOptions, checkpoint: CheckpointTensors): Model {
  const { layers, heads, kvHeads, dHead, eps, act, windows } = options;
  const kv = kvHeads === heads ? "head" : "kv_head";
  const sizes = {
    d_model: options.dModel,
    head: heads,
    kv_head: kvHeads,
    d_head: dHead,
    d_mlp: options.dMlp,
    d_vocab: options.vocabulary,
  };
  const ignorable = options.tied ? [...IGNORABLE, /^lm_head\.weight$/] : IGNORABLE;
  const weights = bindWeights(weightMap(kv, options), { layers, sizes, ignorable }, checkpoint);

  const b = builder();
  const w = weights(b);
  const { tokens } = tokenInputs(b, options.vocabulary);
  const masks = new Map([...new Set(windows)].map((window) => [window, causalMask(b, window)]));
  const rotary = { tables: rotaryTables(b, options.rope), interleaved: false };
  const rms = { kind: "RMS", eps } as const;
  let x = b.gather(needed(w, "embed.W_E"), tokens, "hook_embed"); // [batch, position, d_model]
  for (let layer = 0; layer < layers; layer++) {
    const at = `blocks.${layer}`;
    const pre = b.rename(x, {}, `${at}.hook_resid_pre`);
    const ln1 = norm(b, w, `${at}.ln1`, pre, rms);
    const prepare = (value: Name, which: "q" | "k") =>
      norm(b, w, `${at}.attn.${which}_norm`, value, rms); // over d_head
    const attnOut = attention(b, w, at, ln1, {
      group: heads / kvHeads,
      scale: 1 / Math.sqrt(dHead),
      mask: masks.get(windows[layer]!)!,
      rotary,
      ...(options.qkNorm && { prepare }),
    });
    const mid = b.add(pre, attnOut, `${at}.hook_resid_mid`);
    x = b.add(mid, mlp(b, w, at, norm(b, w, `${at}.ln2`, mid, rms), act), `${at}.hook_resid_post`);
  }
  unembed(b, w, norm(b, w, "ln_final", x, rms)); // [batch, position, d_vocab]
  const { family, contextLength, vocabulary, special } = options;
  return {
    architecture: { family, layers, heads, kvHeads, contextLength, vocabulary, ...special },
    program: b.program(["logits"], { position: contextLength }),
  };
}
