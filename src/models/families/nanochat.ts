/** @file nanochat: RMS norms without weights (one of the embeddings too), squared ReLU, a limit on logits, pairs turned the other way. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import type { Rope } from "../config/rope.ts";
import type { NormSpec } from "../decoder/spec.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  hidden_act: activationName.default("relu2"),
  final_logit_softcapping: z.number().positive().nullish().default(15),
  attention_bias: z.boolean().default(false),
});

/**
 * Queries and keys are normed after they are turned, which is the same as before: no weight tells their entries apart, and
 * turning keeps their length.
 */
export const nanochat = family("nanochat", schema, (c) => {
  const norm: NormSpec = { kind: "RMS", eps: c.rms_norm_eps };
  const { rotary, ...attention } = llamaAttention(c);
  const { rope, interleaved } = rotary!;
  // A factor of cos and sin is undone by the norm behind them, but for its eps.
  const headNorm = { ...norm, eps: norm.eps / rope.factor ** 2, over: "head" } as const;
  return llamaRow(
    c,
    { ...attention, rotary: { rope: turnedBack(rope), interleaved }, norm: headNorm },
    {
      norm,
      embedNorm: norm,
      logitSoftcap: c.final_logit_softcapping ?? null,
      names: {
        ln1: undefined,
        ln2: undefined,
        finalNorm: undefined,
        mlp: { in: "mlp.fc1", out: "mlp.fc2" },
        biases: { qkv: c.attention_bias, o: c.attention_bias },
      },
    },
  );
});

function turnedBack({ frequencies, longer }: Rope): Rope {
  const back = (each: readonly number[]) => each.map((frequency) => -frequency);
  return {
    frequencies: back(frequencies),
    factor: 1,
    longer:
      longer?.kind === "table" ? { ...longer, frequencies: back(longer.frequencies) } : longer,
  };
}
