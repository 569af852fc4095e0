/** @file A planted LLaMA as a relative of it that computes nearly the same: Gemma 2 with its norms, Mixtral with its experts. */
import { random } from "../../base/random.ts";
import type { Part } from "./disguise.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** Heads of place have scores of some hundreds, of which a lower cap would leave no difference. */
const CAPS = { attn_logit_softcapping: 1000, final_logit_softcapping: 30 };
/** What a part writes at most places: a code of length 1. */
const WRITTEN = 1;

/**
 * Gains are stored less 1, embeddings over sqrt(d_model). The norms after parts divide by sqrt(eps + mean square) of what a part
 * wrote and multiply by what that is for a code of length 1: more is made smaller, less is not made large.
 */
export function asGemma2(
  { config, parts }: Checkpoint,
  { dModel, eps }: { readonly dModel: number; readonly eps: number },
): Checkpoint {
  const behind = new Float32Array(dModel).fill(Math.sqrt(eps + WRITTEN ** 2 / dModel) - 1);
  const all = new Map<string, Part>();
  for (const [name, part] of parts) {
    if (name.endsWith("norm.weight")) all.set(name, lessOne(part));
    else if (name === "model.embed_tokens.weight") all.set(name, times(part, dModel ** -0.5));
    else all.set(name, part);
  }
  for (const [name, part] of [...all]) {
    const layer = /^model\.layers\.\d+\./.exec(name)?.[0];
    if (layer === undefined || !name.endsWith(".post_attention_layernorm.weight")) continue;
    all.set(`${layer}pre_feedforward_layernorm.weight`, part);
    for (const after of ["post_attention_layernorm", "post_feedforward_layernorm"])
      all.set(`${layer}${after}.weight`, { shape: [dModel], data: behind });
  }
  const { rope_theta, hidden_act, head_dim, ...rest } = config;
  return {
    config: {
      ...{ ...rest, ...CAPS, model_type: "gemma2", rms_norm_eps: eps, rope_theta, head_dim },
      ...{ hidden_activation: hidden_act, query_pre_attn_scalar: head_dim, sliding_window: 128 },
      tie_word_embeddings: false,
    },
    parts: all,
  };
}

const EXPERTS = 4;

/** Every expert is the layer's MLP, and a random router chooses two: together they write what the MLP writes. */
export function asMixtral({ config, parts }: Checkpoint, layers: number): Checkpoint {
  const draw = random(layers, 7);
  const dModel = config["hidden_size"] as number;
  const names = { gate_proj: "w1", up_proj: "w3", down_proj: "w2" };
  const all = new Map([...parts].filter(([name]) => !name.includes(".mlp.")));
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}.`;
    const router = Float32Array.from({ length: EXPERTS * dModel }, () => draw.normal());
    all.set(`${at}block_sparse_moe.gate.weight`, { shape: [EXPERTS, dModel], data: router });
    for (let expert = 0; expert < EXPERTS; expert++)
      for (const [from, to] of Object.entries(names))
        all.set(
          `${at}block_sparse_moe.experts.${expert}.${to}.weight`,
          parts.get(`${at}mlp.${from}.weight`)!,
        );
  }
  const experts = { num_local_experts: EXPERTS, num_experts_per_tok: 2 };
  return { config: { ...config, ...experts, model_type: "mixtral" }, parts: all };
}

function lessOne({ shape, data }: Part): Part {
  return { shape, data: data.map((gain) => gain - 1) };
}

function times({ shape, data }: Part, factor: number): Part {
  return { shape, data: data.map((value) => factor * value) };
}
