/** @file GPT-J and CodeGen: attention and MLP side by side after one norm, neighbouring entries turned, no tied embedding. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { perHead } from "../config/readConfig.ts";
import { ropeOf } from "../config/rope.ts";
import type { AttentionNames } from "../names/moduleNames.ts";
import { CODEGEN_SHARDS } from "../names/fusedOrders.ts";
import { GPT2_ALIASES, GPT2_NAMES, gpt2Keys, MASKS } from "./gpt2.ts";
import { blocksOf, family, type Row } from "./row.ts";

const schema = z.object({
  ...gpt2Keys,
  rotary_dim: z.int().positive().default(64),
  tie_word_embeddings: z.boolean().default(false),
  rotary: z.literal(true).optional(),
  scale_attn_weights: z.literal(true).optional(),
});

function gptJRow(c: z.infer<typeof schema>, attention: AttentionNames): Row {
  const dHead = perHead("n_embd", c.n_embd, c.n_head);
  if (c.rotary_dim > dHead)
    throw new InputError("config", `rotary_dim must be at most ${dHead}, got ${c.rotary_dim}`);
  const rope = ropeOf({}, c.rotary_dim, { theta: 10000, part: 1 });
  const rotary = { rope, interleaved: true };
  const scale = 1 / Math.sqrt(dHead);
  const spec = { heads: c.n_head, kvHeads: c.n_head, dHead, scale, rotary };
  return {
    spec: {
      dModel: c.n_embd,
      vocabulary: c.vocab_size,
      contextLength: c.n_positions,
      blocks: blocksOf(c.n_layer, spec, { act: c.activation_function }),
      norm: { kind: "LN", eps: c.layer_norm_epsilon },
      residual: { norms: "before", parallel: "one norm" },
    },
    names: {
      ...GPT2_NAMES,
      positions: undefined,
      ln2: undefined,
      attention,
      o: "attn.out_proj",
      mlp: { in: "mlp.fc_in", out: "mlp.fc_out" },
      biases: { mlp: true, norms: true, head: true },
    },
    sizes: { d_mlp: c.n_inner ?? 4 * c.n_embd },
    tied: c.tie_word_embeddings,
    ignorable: [MASKS],
  };
}

export const gptJ = family(
  "gptj",
  schema,
  (c) => gptJRow(c, { q: "attn.q_proj", k: "attn.k_proj", v: "attn.v_proj" }),
  { aliases: GPT2_ALIASES },
);

export const codegen = family(
  "codegen",
  schema,
  (c) => {
    if (c.n_head % CODEGEN_SHARDS !== 0)
      throw new InputError(
        "config",
        `codegen needs n_head to be a multiple of ${CODEGEN_SHARDS}, got ${c.n_head}`,
      );
    return gptJRow(c, { qkv: "attn.qkv_proj", order: "codegen" });
  },
  { aliases: GPT2_ALIASES },
);
