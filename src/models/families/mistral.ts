/** @file Mistral: LLaMA whose queries see only the last `sliding_window` positions. */
import { z } from "zod";
import { readConfig } from "../config/readConfig.ts";
import type { Family } from "../family.ts";
import { llamaKeys, llamaModel, llamaShape } from "./llama.ts";

const schema = z.object({
  ...llamaKeys,
  max_position_embeddings: z.int().positive().default(131072),
  sliding_window: z.int().positive().nullable().default(4096),
});

export const mistral: Family = (json, checkpoint) => {
  const c = readConfig("mistral", schema, json);
  const shape = llamaShape(
    "mistral",
    { ...c, num_key_value_heads: c.num_key_value_heads ?? 8 },
    json,
  );
  const windows = new Array<number | null>(shape.layers).fill(c.sliding_window);
  return llamaModel(
    { ...shape, biases: { qkv: false, o: false, mlp: false }, windows, qkNorm: false },
    checkpoint,
  );
};
