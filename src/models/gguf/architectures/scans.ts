/** @file State-space layers: Mamba, Falcon-Mamba (which llama.cpp calls mamba too), Mamba-2. */
import type { GgufArchitecture } from "../architecture.ts";
import type { GgufFacts } from "../facts.ts";
import { logOfNegative, renameTo, reshaped, type TensorRule } from "../rules.ts";

const MIXER = "backbone.layers.{}.mixer";
const KEYS = {
  block_count: "num_hidden_layers",
  embedding_length: "hidden_size",
  "attention.layer_norm_rms_epsilon": "layer_norm_epsilon",
  "ssm.conv_kernel": "conv_kernel",
  "ssm.state_size": "state_size",
};

/** A length and sizes of parts that these models do not have: llama.cpp wants numbers there. */
const FILLERS = ["context_length", "feed_forward_length", "attention.head_count", "vocab_size"];

const TENSORS: Readonly<Record<string, TensorRule>> = {
  "token_embd.weight": "backbone.embeddings.weight",
  "output.weight": "lm_head.weight",
  ...renameTo("output_norm", "backbone.norm_f"),
  ...renameTo("blk.{}.attn_norm", "backbone.layers.{}.norm"),
  ...renameTo("blk.{}.ssm_in", `${MIXER}.in_proj`),
  ...renameTo("blk.{}.ssm_out", `${MIXER}.out_proj`),
  "blk.{}.ssm_conv1d.weight": reshaped(`${MIXER}.conv1d.weight`, ([channels, taps]) => [
    channels!,
    1,
    taps!,
  ]),
  "blk.{}.ssm_conv1d.bias": `${MIXER}.conv1d.bias`,
};

const shape = (facts: GgufFacts) => ({
  expand: facts.requireKey("ssm.inner_size") / facts.requireKey("embedding_length"),
  use_bias: facts.has("blk.{}.ssm_in.bias"),
  use_conv_bias: facts.has("blk.{}.ssm_conv1d.bias"),
  hidden_act: "silu",
});

/** Norms of time steps, B and C make it Falcon-Mamba; their epsilon is that of its class, which files do not say. */
const mamba: GgufArchitecture = {
  modelType: (facts) => (facts.own.get("ssm.dt_b_c_rms") === true ? "falcon_mamba" : "mamba"),
  keys: { ...KEYS, "ssm.time_step_rank": "time_step_rank" },
  moreKeys: [...FILLERS, "ssm.inner_size", "ssm.dt_b_c_rms"],
  more: shape,
  tensors: {
    ...TENSORS,
    ...renameTo("blk.{}.ssm_x", `${MIXER}.x_proj`),
    ...renameTo("blk.{}.ssm_dt", `${MIXER}.dt_proj`),
    "blk.{}.ssm_a": logOfNegative(`${MIXER}.A_log`),
    "blk.{}.ssm_d": `${MIXER}.D`,
  },
};

const mamba2: GgufArchitecture = {
  modelType: "mamba2",
  keys: { ...KEYS, "ssm.time_step_rank": "num_heads", "ssm.group_count": "n_groups" },
  moreKeys: [...FILLERS, "ssm.inner_size"],
  more: (facts) => ({
    ...shape(facts),
    head_dim: facts.requireKey("ssm.inner_size") / facts.requireKey("ssm.time_step_rank"),
  }),
  tensors: {
    ...TENSORS,
    "blk.{}.ssm_dt.bias": `${MIXER}.dt_bias`,
    "blk.{}.ssm_a": logOfNegative(`${MIXER}.A_log`, true),
    "blk.{}.ssm_d": reshaped(`${MIXER}.D`, ([heads]) => [heads!]),
    "blk.{}.ssm_norm.weight": reshaped(`${MIXER}.norm.weight`, (lengths) => [
      lengths.reduce((product, length) => product * length, 1),
    ]),
  },
};

export const SCANS: Readonly<Record<string, GgufArchitecture>> = { mamba, mamba2 };
