/**
 * @file Encoders and encoder-decoders: BERT and its like, ModernBERT, T5. The converter leaves out what predicts masked
 * tokens, so that there are no logits of encoders; rows of positions before the first are left out too, so that RoBERTa is BERT.
 */
import { InputError } from "../../../base/errors.ts";
import type { GgufArchitecture } from "../architecture.ts";
import type { GgufFacts } from "../facts.ts";
import { IMPLIED, ropeParameters, SIZES } from "../parts.ts";
import { renameTo, type TensorRule } from "../rules.ts";

const EPS = { "attention.layer_norm_epsilon": "layer_norm_eps" };
/** How a text becomes one vector, and that there is no mask. */
const OF_ENCODERS = ["attention.causal", "pooling_type", "classifier.pooling_type"];

function checkMaskless(facts: GgufFacts): void {
  if (facts.own.get("attention.causal") === false) return;
  throw new InputError(
    "config",
    `${facts.path} needs ${facts.architecture}.attention.causal false, as every encoder has it`,
  );
}

const BLOCK = "encoder.layer.{}";

const bert: GgufArchitecture = {
  modelType: "bert",
  keys: { ...SIZES, ...EPS },
  moreKeys: [...IMPLIED, ...OF_ENCODERS, "attention.head_count_kv"],
  more: (facts) => {
    checkMaskless(facts);
    return {
      hidden_act: "gelu",
      type_vocab_size: facts.tensors.get("token_types.weight")?.shape[0] ?? 1,
      max_position_embeddings: facts.tensors.get("position_embd.weight")?.shape[0],
    };
  },
  tensors: {
    "token_embd.weight": "embeddings.word_embeddings.weight",
    "position_embd.weight": "embeddings.position_embeddings.weight",
    "token_types.weight": "embeddings.token_type_embeddings.weight",
    ...renameTo("token_embd_norm", "embeddings.LayerNorm"),
    ...renameTo("blk.{}.attn_q", `${BLOCK}.attention.self.query`),
    ...renameTo("blk.{}.attn_k", `${BLOCK}.attention.self.key`),
    ...renameTo("blk.{}.attn_v", `${BLOCK}.attention.self.value`),
    ...renameTo("blk.{}.attn_output", `${BLOCK}.attention.output.dense`),
    ...renameTo("blk.{}.attn_output_norm", `${BLOCK}.attention.output.LayerNorm`),
    ...renameTo("blk.{}.ffn_up", `${BLOCK}.intermediate.dense`),
    ...renameTo("blk.{}.ffn_down", `${BLOCK}.output.dense`),
    ...renameTo("blk.{}.layer_output_norm", `${BLOCK}.output.LayerNorm`),
    ...headless(),
  },
};

/** Heads of other tasks. */
function headless(): Record<string, TensorRule> {
  const names = ["cls", "cls.output", "cls.norm"];
  return Object.fromEntries(
    names.flatMap((name) => ["weight", "bias"].map((kind) => [`${name}.${kind}`, null])),
  );
}

const NEAR = "attention.sliding_window_pattern";

const modernBert: GgufArchitecture = {
  modelType: "modernbert",
  keys: {
    ...SIZES,
    "attention.layer_norm_rms_epsilon": "norm_eps",
    "attention.layer_norm_epsilon": "norm_eps",
    "attention.sliding_window": "local_attention",
  },
  moreKeys: [
    ...IMPLIED,
    ...OF_ENCODERS,
    "attention.head_count_kv",
    NEAR,
    "hidden_activation",
    "rope.freq_base_swa",
  ],
  more: (facts) => {
    checkMaskless(facts);
    const every = facts.number(NEAR) ?? 3;
    const near = facts.number("rope.freq_base_swa") ?? facts.number("rope.freq_base") ?? 10_000;
    return {
      hidden_activation: facts.own.get("hidden_activation") ?? "gelu",
      layer_types: Array.from({ length: facts.layers }, (_, layer) =>
        layer % every === 0 ? "full_attention" : "sliding_attention",
      ),
      norm_bias: facts.has("blk.{}.ffn_norm.bias"),
      attention_bias: facts.has("blk.{}.attn_qkv.bias"),
      mlp_bias: facts.has("blk.{}.ffn_up.bias"),
      rope_parameters: {
        full_attention: ropeParameters(facts),
        sliding_attention: { rope_type: "default", rope_theta: near },
      },
    };
  },
  tensors: {
    "token_embd.weight": "embeddings.tok_embeddings.weight",
    ...renameTo("token_embd_norm", "embeddings.norm"),
    ...renameTo("blk.{}.attn_norm", "layers.{}.attn_norm"),
    ...renameTo("blk.{}.attn_qkv", "layers.{}.attn.Wqkv"),
    ...renameTo("blk.{}.attn_output", "layers.{}.attn.Wo"),
    ...renameTo("blk.{}.ffn_norm", "layers.{}.mlp_norm"),
    ...renameTo("blk.{}.ffn_up", "layers.{}.mlp.Wi"),
    ...renameTo("blk.{}.ffn_down", "layers.{}.mlp.Wo"),
    ...renameTo("output_norm", "final_norm"),
    ...headless(),
  },
};

/** Attention, MLP and norms of one stack; `last` is the place of its MLP. */
function t5Stack(stack: "enc" | "dec", last: number): Record<string, TensorRule> {
  const at = `${stack}oder.block.{}.layer`;
  const from = `${stack}.blk.{}`;
  const attention = (theirs: string, ours: string) => ({
    ...renameTo(`${from}.${theirs}_q`, `${ours}.q`),
    ...renameTo(`${from}.${theirs}_k`, `${ours}.k`),
    ...renameTo(`${from}.${theirs}_v`, `${ours}.v`),
    ...renameTo(`${from}.${theirs}_o`, `${ours}.o`),
    ...renameTo(`${from}.${theirs}_rel_b`, `${ours}.relative_attention_bias`),
  });
  return {
    ...attention("attn", `${at}.0.SelfAttention`),
    ...renameTo(`${from}.attn_norm`, `${at}.0.layer_norm`),
    ...attention("cross_attn", `${at}.1.EncDecAttention`),
    ...renameTo(`${from}.cross_attn_norm`, `${at}.1.layer_norm`),
    ...renameTo(`${from}.ffn_norm`, `${at}.${last}.layer_norm`),
    ...renameTo(`${from}.ffn_down`, `${at}.${last}.DenseReluDense.wo`),
    ...renameTo(`${from}.ffn_gate`, `${at}.${last}.DenseReluDense.wi_0`),
    [`${from}.ffn_up.weight`]: (source, facts) => {
      const name = facts.has(`${from}.ffn_gate.weight`) ? "wi_1" : "wi";
      const { shape, ...run } = source.tensor;
      return { [`${at}.${last}.DenseReluDense.${name}.weight`]: { shape, runs: [run] } };
    },
    ...renameTo(`${stack}.output_norm`, `${stack}oder.final_layer_norm`),
  };
}

/** T5 and mT5, whose logits are scaled where the embeddings are tied. */
const t5: GgufArchitecture = {
  modelType: "t5",
  keys: {
    block_count: "num_layers",
    decoder_block_count: "num_decoder_layers",
    context_length: "n_positions",
    embedding_length: "d_model",
    feed_forward_length: "d_ff",
    "attention.head_count": "num_heads",
    "attention.key_length": "d_kv",
    "attention.layer_norm_rms_epsilon": "layer_norm_epsilon",
    "attention.relative_buckets_count": "relative_attention_num_buckets",
    decoder_start_token_id: "decoder_start_token_id",
  },
  moreKeys: [...IMPLIED, "attention.layer_norm_epsilon", "attention.head_count_kv"],
  more: (facts) => ({
    feed_forward_proj: facts.has("enc.blk.{}.ffn_gate.weight") ? "gated-gelu" : "relu",
  }),
  tensors: {
    "token_embd.weight": "shared.weight",
    "output.weight": "lm_head.weight",
    ...t5Stack("enc", 1),
    ...t5Stack("dec", 2),
  },
};

export const ENCODERS: Readonly<Record<string, GgufArchitecture>> = {
  bert,
  "modern-bert": modernBert,
  t5,
};
