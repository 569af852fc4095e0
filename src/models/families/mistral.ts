/** @file Mistral: LLaMA whose queries see only the last `sliding_window` positions. */
import { z } from "zod";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  max_position_embeddings: z.int().positive().default(131072),
  sliding_window: z.int().positive().nullable().default(4096),
});

export const mistral = family("mistral", schema, (c) =>
  llamaRow(c, { ...llamaAttention(c), window: c.sliding_window }),
);
