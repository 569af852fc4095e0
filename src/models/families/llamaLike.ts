/** @file What LLaMA and the many models after it have in common: keys, sizes, names of modules. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { ropeKeys, ropeOf } from "../config/rope.ts";
import type { AttentionSpec, DecoderSpec, NormSpec } from "../decoder/spec.ts";
import type { ModuleNames } from "../names/moduleNames.ts";
import { blocksOf, checkGroups, type ByLayer, type Row } from "./row.ts";

/** Keys of LLaMA and its like. */
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

/** Keys of layers that see a part of what is before them. */
export const layerTypeKeys = {
  layer_types: z.array(z.enum(["full_attention", "sliding_attention"])).nullish(),
  sliding_window: z.int().positive().nullish(),
};

type LlamaKeys = Omit<z.infer<z.ZodObject<typeof llamaKeys>>, "rms_norm_eps" | "hidden_act"> & {
  readonly rms_norm_eps?: number;
};

export const LLAMA_NAMES: ModuleNames = {
  base: "model.",
  embed: "embed_tokens",
  layer: "layers.{layer}.",
  ln1: "input_layernorm",
  ln2: "post_attention_layernorm",
  finalNorm: "norm",
  attention: { q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj" },
  o: "self_attn.o_proj",
  mlp: { gate: "mlp.gate_proj", in: "mlp.up_proj", out: "mlp.down_proj" },
  head: "/lm_head",
};

/** Heads, sizes, scale and rotation of a configuration with LLaMA's keys. */
export function llamaAttention(
  c: LlamaKeys,
  { interleaved = false, theta = 10000, part = 1, turns = true } = {},
): AttentionSpec {
  const heads = c.num_attention_heads;
  const kvHeads = c.num_key_value_heads ?? heads;
  checkGroups(heads, kvHeads);
  const dHead = c.head_dim ?? perHead("hidden_size", c.hidden_size, heads);
  return {
    heads,
    kvHeads,
    dHead,
    scale: 1 / Math.sqrt(dHead),
    ...(turns && { rotary: { rope: ropeOf(c, dHead, { theta, part }), interleaved } }),
  };
}

/** A row with LLaMA's parts; others change what they have otherwise. */
export function llamaRow(
  c: LlamaKeys & { readonly hidden_act?: z.infer<typeof activationName> | null | undefined },
  attention: AttentionSpec,
  {
    byLayer,
    names = {},
    norm = { kind: "RMS", eps: c.rms_norm_eps ?? 1e-6 },
    mlp = { act: c.hidden_act ?? "silu" },
    ...spec
  }: {
    readonly byLayer?: ByLayer;
    readonly names?: Partial<ModuleNames>;
    readonly mlp?: Parameters<typeof blocksOf>[2];
    readonly norm?: NormSpec;
  } & Partial<Omit<DecoderSpec, "family" | "blocks" | "norm">> = {},
): Row {
  return {
    spec: {
      dModel: c.hidden_size,
      vocabulary: c.vocab_size,
      contextLength: c.max_position_embeddings,
      blocks: blocksOf(c.num_hidden_layers, attention, mlp, byLayer),
      norm,
      residual: { norms: "before" },
      ...spec,
    },
    names: { ...LLAMA_NAMES, ...names },
    sizes: { d_mlp: c.intermediate_size },
    tied: c.tie_word_embeddings,
  };
}
