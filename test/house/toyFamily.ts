/** @file A family that the house does not know: Arcee's arithmetic, with one key and two modules that are called otherwise. */
import { z } from "zod";
import { llamaAttention, llamaKeys, llamaRow } from "../../src/models/families/llamaLike.ts";
import { family } from "../../src/models/families/row.ts";

const schema = z.object({
  ...llamaKeys,
  mlp_bias: z.boolean().default(false),
});

export const toy = family(
  "toy",
  schema,
  (c) =>
    llamaRow(c, llamaAttention(c), {
      names: {
        mlp: { in: "ffn.up", out: "ffn.down" },
        biases: { mlp: c.mlp_bias },
      },
    }),
  { aliases: { num_layers: "num_hidden_layers" } },
);
