/**
 * @file Families that are another's spec under a name of their own: other defaults, and text models of those that also see, whose
 * positions in three directions are equal where there is only text.
 */
import type { Family } from "../family.ts";
import { glm4 } from "./glm4.ts";
import { llama } from "./llama.ts";
import { qwen2, qwen3 } from "./qwen.ts";
import { qwen3Moe } from "./qwenMoe.ts";

export const qwenVlText = sameSpec(qwen2, "qwen2");
export const qwen3VlText = sameSpec(qwen3, "qwen3", { rope_theta: 5e5, num_key_value_heads: 32 });
/** It divides the weights of experts by their sum, whatever its file says. */
export const qwen3VlMoeText: Family = (json, checkpoint, options) =>
  plainQwen3VlMoe({ ...json, norm_topk_prob: true }, checkpoint, options);
const plainQwen3VlMoe = sameSpec(qwen3Moe, "qwen3_moe", {
  ...{ rope_theta: 5e5, num_key_value_heads: 16, max_position_embeddings: 128000 },
  ...{ moe_intermediate_size: 1408, num_experts: 60, num_experts_per_tok: 4 },
});
/** Its size of a head follows from the others, whatever its file says. */
export const glm4vText = sameSpec(glm4, "glm4", {
  ...{ head_dim: null, rms_norm_eps: 1e-5, max_position_embeddings: 32768 },
});

const HEADS = { head_dim: 128, rms_norm_eps: 1e-5 };
export const iquestcoder = sameSpec(llama, "llama", {
  ...{ ...HEADS, num_key_value_heads: 8, max_position_embeddings: 131072 },
});
/** Its switches of biases have names of their own. */
export const internlm3: Family = (json, checkpoint, options) => {
  const { qkv_bias, bias, ...rest } = json;
  const switches = {
    ...(qkv_bias !== undefined && { attention_bias: qkv_bias }),
    ...(bias !== undefined && { mlp_bias: bias }),
  };
  return plainInternlm3({ ...switches, ...rest }, checkpoint, options);
};
const plainInternlm3 = sameSpec(llama, "llama", {
  ...{ ...HEADS, num_key_value_heads: 2, max_position_embeddings: 32768 },
});

/** @param defaults what this class has where a file says nothing and the family's default is another */
function sameSpec(
  whole: Family,
  type: string,
  defaults: Readonly<Record<string, unknown>> = {},
): Family {
  const { rope_theta: _, ...others } = defaults;
  return (json, checkpoint, options) => {
    const plain = Object.fromEntries(
      Object.entries(json).map(([key, value]) => [
        key,
        /^rope_(parameters|scaling)$/.test(key) ? flat(value) : value,
      ]),
    );
    const absent = hasTheta(plain) ? others : defaults;
    return whole({ ...absent, ...plain, model_type: type }, checkpoint, options);
  };
}

function hasTheta({ rope_theta, rope_parameters }: Readonly<Record<string, unknown>>): boolean {
  const inside = typeof rope_parameters === "object" ? rope_parameters : null;
  return rope_theta !== undefined || (inside !== null && "rope_theta" in inside);
}

/** Without what shares positions among directions. */
function flat(rope: unknown): unknown {
  if (typeof rope !== "object" || rope === null) return rope;
  const { mrope_section: _, mrope_interleaved: __, ...rest } = rope as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, value === "mrope" ? "default" : value]),
  );
}
