/** @file Apertus: LLaMA with norms of queries and keys and a plain MLP, whose activation has weights of its own. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { activationName } from "../config/activation.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { QWEN3_NORMS } from "./qwen.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  hidden_act: z.enum(["xielu", ...activationName.options]).default("xielu"),
  max_position_embeddings: z.int().positive().default(65536),
  rms_norm_eps: z.number().positive().default(1e-5),
  attention_bias: z.boolean().default(false),
});

/** What its class has where a file says nothing of rotary positions. */
const ROPE = {
  ...{ rope_type: "llama3", rope_theta: 12e6, factor: 8, original_max_position_embeddings: 8192 },
  ...{ low_freq_factor: 1, high_freq_factor: 4 },
};

export const apertus = family("apertus", schema, ({ hidden_act: act, ...c }) => {
  const ropes = c.rope_parameters ?? (c.rope_scaling ? null : usualRope(c));
  const norm = { kind: "RMS", eps: c.rms_norm_eps, over: "head" } as const;
  const attention = llamaAttention({ ...c, rope_parameters: ropes }, { theta: 12e6 });
  const module = act === "xielu" ? { xielu: "mlp.act_fn" } : {};
  return llamaRow(
    c,
    { ...attention, norm },
    {
      mlp: { act },
      names: {
        ...QWEN3_NORMS,
        ln1: "attention_layernorm",
        ln2: "feedforward_layernorm",
        mlp: { in: "mlp.up_proj", out: "mlp.down_proj", ...module },
        biases: { qkv: c.attention_bias, o: c.attention_bias },
      },
    },
  );
});

/** Without an entry that says how they are scaled, versions of transformers differ in what `rope_theta` or a null means. */
function usualRope(c: Pick<z.infer<typeof schema>, "rope_scaling" | "rope_theta">): typeof ROPE {
  const { rope_scaling: scaling, rope_theta: theta } = c;
  if (scaling === undefined && (theta ?? ROPE.rope_theta) === ROPE.rope_theta) return ROPE;
  const fault = scaling === null ? "rope_scaling null" : `rope_theta ${theta} alone`;
  throw new InputError(
    "config",
    `apertus needs rope_parameters, got ${fault}, of which versions of transformers make different frequencies`,
  );
}
