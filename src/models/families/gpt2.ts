/** @file GPT-2: learned positions, layer norm before each part, one fused matrix for queries, keys and values. */
import { z } from "zod";
import { builder } from "../../graph/builder.ts";
import { activationName } from "../config/activation.ts";
import { perHead, readConfig } from "../config/readConfig.ts";
import { specialTokensOf, type Family } from "../family.ts";
import { attention, causalMask, mlp, needed, norm, tokenInputs, unembed } from "../parts.ts";
import { bindWeights, type WeightEntry, type WeightMap } from "../weightMap.ts";

const schema = z.object({
  n_layer: z.int().positive(),
  n_head: z.int().positive(),
  n_embd: z.int().positive(),
  n_positions: z.int().positive(),
  n_ctx: z.int().positive().optional(),
  n_inner: z.int().positive().nullish(),
  vocab_size: z.int().positive(),
  activation_function: activationName.default("gelu_new"),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  /** nanoGPT's: false leaves out all biases, those of norms too. */
  bias: z.boolean().default(true),
});

/** Conv1D keeps [in, out], nn.Linear (nanoGPT, GGUF) [out, in]; c_attn's outputs are queries, keys, values of all heads. */
function weightMap(linear: boolean, { bias, tied }: { bias: boolean; tied: boolean }): WeightMap {
  const layer = "h.{layer}";
  const matrix = (from: string, inner: string | string[], outer: string | string[]) => ({
    from: `${layer}.${from}.weight`,
    shape: linear ? [outer, inner] : [inner, outer],
  });
  const vector = (from: string, axis: string) => ({ from, shape: [axis] });
  const qkv = ["qkv", "head", "d_head"];
  const fused = (index: number): WeightEntry => ({
    ...matrix("attn.c_attn", "d_model", qkv),
    select: ["qkv", index],
  });
  const fusedBias = (index: number): WeightEntry => ({
    from: `${layer}.attn.c_attn.bias`,
    shape: [qkv],
    select: ["qkv", index],
  });
  const biases: WeightMap = {
    "blocks.{layer}.ln1.b": vector(`${layer}.ln_1.bias`, "d_model"),
    "blocks.{layer}.attn.b_Q": fusedBias(0),
    "blocks.{layer}.attn.b_K": fusedBias(1),
    "blocks.{layer}.attn.b_V": fusedBias(2),
    "blocks.{layer}.attn.b_O": vector(`${layer}.attn.c_proj.bias`, "d_model"),
    "blocks.{layer}.ln2.b": vector(`${layer}.ln_2.bias`, "d_model"),
    "blocks.{layer}.mlp.b_in": vector(`${layer}.mlp.c_fc.bias`, "d_mlp"),
    "blocks.{layer}.mlp.b_out": vector(`${layer}.mlp.c_proj.bias`, "d_model"),
    "ln_final.b": vector("ln_f.bias", "d_model"),
  };
  return {
    "embed.W_E": { from: "wte.weight", shape: ["d_vocab", "d_model"] },
    "pos_embed.W_pos": { from: "wpe.weight", shape: ["n_ctx", "d_model"] },
    "blocks.{layer}.ln1.w": vector(`${layer}.ln_1.weight`, "d_model"),
    "blocks.{layer}.attn.W_Q": fused(0),
    "blocks.{layer}.attn.W_K": fused(1),
    "blocks.{layer}.attn.W_V": fused(2),
    "blocks.{layer}.attn.W_O": matrix("attn.c_proj", ["head", "d_head"], "d_model"),
    "blocks.{layer}.ln2.w": vector(`${layer}.ln_2.weight`, "d_model"),
    "blocks.{layer}.mlp.W_in": matrix("mlp.c_fc", "d_model", "d_mlp"),
    "blocks.{layer}.mlp.W_out": matrix("mlp.c_proj", "d_mlp", "d_model"),
    "ln_final.w": vector("ln_f.weight", "d_model"),
    ...(bias && biases),
    ...(!tied && { "unembed.W_U": { from: "/lm_head.weight", shape: ["d_vocab", "d_model"] } }),
  };
}

/** Old files carry the causal mask of each layer. */
const MASKS = /(^|\.)h\.\d+\.attn\.(masked_)?bias$/;
const TIED_HEAD = /^lm_head\.weight$/;

export const gpt2: Family = (json, checkpoint, layout = "hugging_face") => {
  const c = readConfig("gpt2", schema, json);
  const dHead = perHead("n_embd", c.n_embd, c.n_head);
  const sizes = {
    d_model: c.n_embd,
    head: c.n_head,
    d_head: dHead,
    qkv: 3,
    d_mlp: c.n_inner ?? 4 * c.n_embd,
    d_vocab: c.vocab_size,
    n_ctx: c.n_positions,
  };
  const map = weightMap(layout !== "hugging_face", { bias: c.bias, tied: c.tie_word_embeddings });
  const ignorable = c.tie_word_embeddings ? [MASKS, TIED_HEAD] : [MASKS];
  const weights = bindWeights(
    map,
    { layers: c.n_layer, sizes, prefixes: ["transformer.", ""], ignorable },
    checkpoint,
  );

  const b = builder();
  const w = weights(b);
  const { tokens, positions } = tokenInputs(b, c.vocab_size);
  const mask = causalMask(b);
  const lnOptions = { kind: "LN", eps: c.layer_norm_epsilon } as const;
  const embed = b.gather(needed(w, "embed.W_E"), tokens, "hook_embed"); // [batch, position, d_model]
  let x = b.add(embed, b.gather(needed(w, "pos_embed.W_pos"), positions(), "hook_pos_embed"));
  for (let layer = 0; layer < c.n_layer; layer++) {
    const at = `blocks.${layer}`;
    const pre = b.rename(x, {}, `${at}.hook_resid_pre`);
    const ln1 = norm(b, w, `${at}.ln1`, pre, lnOptions);
    const scale =
      (c.scale_attn_weights ? 1 / Math.sqrt(dHead) : 1) /
      (c.scale_attn_by_inverse_layer_idx ? layer + 1 : 1);
    const mid = b.add(
      pre,
      attention(b, w, at, ln1, { group: 1, scale, mask }),
      `${at}.hook_resid_mid`,
    );
    const ln2 = norm(b, w, `${at}.ln2`, mid, lnOptions);
    x = b.add(mid, mlp(b, w, at, ln2, c.activation_function), `${at}.hook_resid_post`);
  }
  unembed(b, w, norm(b, w, "ln_final", x, lnOptions)); // [batch, position, d_vocab]
  return {
    architecture: {
      family: "gpt2",
      layers: c.n_layer,
      heads: c.n_head,
      kvHeads: c.n_head,
      contextLength: c.n_positions,
      vocabulary: c.vocab_size,
      ...specialTokensOf(json),
    },
    program: b.program(["logits"], { position: c.n_positions }),
  };
};
