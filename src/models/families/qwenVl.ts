/** @file The text models of Qwen2-VL, Qwen2.5-VL and Qwen3-VL. Their positions in three directions are equal where there is only text. */
import type { Family } from "../family.ts";
import { qwen2, qwen3 } from "./qwen.ts";

export const qwenVlText = textOnly(qwen2, "qwen2");
export const qwen3VlText = textOnly(qwen3, "qwen3", { rope_theta: 5e5, num_key_value_heads: 32 });

/** @param defaults what this class has where a file says nothing and the family's default is another */
function textOnly(
  whole: Family,
  type: string,
  defaults: Readonly<Record<string, number>> = {},
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
