/** @file The text models of Qwen2-VL and Qwen2.5-VL: Qwen2. Its positions in three directions are equal where there is only text. */
import type { Family } from "../family.ts";
import { qwen2 } from "./qwen.ts";

export const qwenVlText: Family = (json, checkpoint, options) => {
  const plain = Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      /^rope_(parameters|scaling)$/.test(key) ? flat(value) : value,
    ]),
  );
  return qwen2({ ...plain, model_type: "qwen2" }, checkpoint, options);
};

/** Without what shares positions among directions. */
function flat(rope: unknown): unknown {
  if (typeof rope !== "object" || rope === null) return rope;
  const { mrope_section: _, ...rest } = rope as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, value === "mrope" ? "default" : value]),
  );
}
