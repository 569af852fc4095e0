/** @file Ministral 3: Mistral whose queries grow with their position, by whole multiples of the context it was first trained on. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  head_dim: z.int().positive().nullable().default(128),
  max_position_embeddings: z.int().positive().default(262144),
  rms_norm_eps: z.number().positive().default(1e-5),
  sliding_window: z.int().positive().nullish(),
});

const BETA = "llama_4_scaling_beta";
/** What its class has where a file says nothing of positions. */
const ROPE = {
  ...{ rope_type: "yarn", rope_theta: 1e6, factor: 16, original_max_position_embeddings: 16384 },
  ...{ beta_fast: 32, beta_slow: 1, mscale: 1, mscale_all_dim: 1, [BETA]: 0.1 },
};

export const ministral3 = family(
  "ministral3",
  schema,
  (c) => {
    const rope = c.rope_parameters ?? c.rope_scaling ?? ROPE;
    const floor = rope.original_max_position_embeddings;
    const scale = (rope as Readonly<Record<string, unknown>>)[BETA];
    if (typeof floor !== "number" || typeof scale !== "number" || !Number.isFinite(scale))
      throw new InputError(
        "config",
        `rope_parameters needs the numbers original_max_position_embeddings and ${BETA}`,
      );
    const attention = llamaAttention({ ...c, rope_parameters: rope, rope_scaling: null });
    const temperature = { first: 0, floor, scale };
    return llamaRow(c, { ...attention, window: c.sliding_window ?? null, temperature });
  },
  { ropeKeys: [BETA, "max_position_embeddings"] },
);
