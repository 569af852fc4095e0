import { attentionsOf } from "../decoder/spec.ts";
import type { WeightEntry, WeightMap } from "../weightMap.ts";
import { matrix } from "./matrices.ts";
import type { Around } from "./moduleNames.ts";

/** DeepSeek's names of its low-rank attention; several of our weights lie in one tensor. */
export function latentMap({ spec, names }: Around): WeightMap {
  const { latent } = attentionsOf(spec)[0]!;
  const at = "blocks.{layer}.attn";
  const own = `${names.layer}self_attn.`;
  const biased = names.biases?.qkv === true;
  const { queryRank, keyRank, rotated } = latent!;
  const downRows = (start: number, length: number, name: string) => ({
    select: [{ axis: "kv_down", start, length }],
    merge: { [name]: ["kv_down"] },
  });
  const down = `${own}kv_a_proj_with_mqa`;
  const [low, rotary] = [downRows(0, keyRank, "kv_rank"), downRows(keyRank, rotated, "d_head")];
  const up = (start: number, length: number): WeightEntry => ({
    ...matrix({}, `${own}kv_b_proj`, ["head", "kv_up"], "kv_rank"),
    select: [{ axis: "kv_up", start, length }],
    merge: { d_head: ["kv_up"] },
  });
  const { dHead, dValue } = attentionsOf(spec)[0]!;
  const fixed = dHead - rotated;
  const head = ["head", "d_head"];
  return {
    [`${at}.W_KV_down`]: { ...matrix({}, down, "kv_down", "d_model"), ...low },
    [`${at}.W_K_rot`]: { ...matrix({}, down, "kv_down", "d_model"), ...rotary },
    ...(biased && {
      [`${at}.b_KV_down`]: { from: `${down}.bias`, shape: ["kv_down"], ...low },
      [`${at}.b_K_rot`]: { from: `${down}.bias`, shape: ["kv_down"], ...rotary },
    }),
    [`${at}.kv_down_norm.w`]: { from: `${own}kv_a_layernorm.weight`, shape: ["kv_rank"] },
    [`${at}.W_K`]: up(0, fixed),
    [`${at}.W_V`]: up(fixed, dValue!),
    ...(queryRank === null
      ? { [`${at}.W_Q`]: matrix({}, `${own}q_proj`, head, "d_model") }
      : {
          [`${at}.W_Q_down`]: matrix({}, `${own}q_a_proj`, "q_rank", "d_model"),
          ...(biased && {
            [`${at}.b_Q_down`]: { from: `${own}q_a_proj.bias`, shape: ["q_rank"] },
          }),
          [`${at}.q_down_norm.w`]: { from: `${own}q_a_layernorm.weight`, shape: ["q_rank"] },
          [`${at}.W_Q`]: matrix({}, `${own}q_b_proj`, head, "q_rank"),
        }),
  };
}
