/** @file GPT-Neo: GPT-2 without scaled scores and without biases of queries, keys, values; layers with a window in turn. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { GPT2_NAMES, MASKS } from "./gpt2.ts";
import { blocksOf, family } from "./row.ts";

const kind = z.enum(["global", "local"]);

const schema = z.object({
  num_layers: z.int().positive(),
  num_heads: z.int().positive(),
  hidden_size: z.int().positive(),
  intermediate_size: z.int().positive().nullish(),
  vocab_size: z.int().positive(),
  max_position_embeddings: z.int().positive().default(2048),
  attention_types: z
    .array(z.tuple([z.array(kind), z.int().positive().max(1024)]))
    .max(1024)
    .default([[["global", "local"], 12]]),
  attention_layers: z.array(kind).optional(),
  window_size: z.int().positive().default(256),
  activation_function: activationName.default("gelu_new"),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  tie_word_embeddings: z.boolean().default(true),
});

export const gptNeo = family(
  "gpt_neo",
  schema,
  (c) => {
    const dHead = perHead("hidden_size", c.hidden_size, c.num_heads);
    const attention = { heads: c.num_heads, kvHeads: c.num_heads, dHead, scale: 1 };
    const windows = kindsOf(c).map((layerKind) => (layerKind === "local" ? c.window_size : null));
    return {
      spec: {
        dModel: c.hidden_size,
        vocabulary: c.vocab_size,
        contextLength: c.max_position_embeddings,
        blocks: blocksOf(c.num_layers, attention, { act: c.activation_function }, { windows }),
        norm: { kind: "LN", eps: c.layer_norm_epsilon },
        residual: { norms: "before" },
        positions: { to: "stream" },
      },
      names: {
        ...GPT2_NAMES,
        attention: {
          q: "attn.attention.q_proj",
          k: "attn.attention.k_proj",
          v: "attn.attention.v_proj",
        },
        o: "attn.attention.out_proj",
        biases: { o: true, mlp: true, norms: true },
      },
      sizes: { d_mlp: c.intermediate_size ?? 4 * c.hidden_size },
      tied: c.tie_word_embeddings,
      ignorable: [MASKS],
    };
  },
  { aliases: { num_hidden_layers: "num_layers", num_attention_heads: "num_heads" } },
);

/** The kind of each layer: every entry of `attention_types` is a list and how often it comes. */
function kindsOf(c: Pick<z.infer<typeof schema>, "attention_types" | "num_layers">) {
  const kinds = c.attention_types.flatMap(([list, times]) =>
    Array.from({ length: times }, () => list).flat(),
  );
  if (kinds.length === c.num_layers) return kinds;
  throw new InputError(
    "config",
    `attention_types needs ${c.num_layers} layers, got ${kinds.length}`,
  );
}
