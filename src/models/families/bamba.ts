/** @file Bamba: layers of Mamba-2 and some of attention, each with a gated MLP after it. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import type { BlockSpec, SsmSpec } from "../decoder/spec.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { checkScanHeads, timeLimits } from "./mamba.ts";
import { family } from "./row.ts";

/** Keys of Bamba's scans, which Granite's hybrids have too. */
export const scanKeys = {
  mamba_n_heads: z.int().positive().default(128),
  mamba_d_head: z.union([z.int().positive(), z.literal("auto")]).default("auto"),
  mamba_n_groups: z.int().positive().default(1),
  mamba_d_state: z.int().positive().default(256),
  mamba_d_conv: z.int().positive().default(4),
  mamba_expand: z.int().positive().default(2),
  mamba_conv_bias: z.boolean().default(true),
  mamba_proj_bias: z.boolean().default(false),
  time_step_limit: timeLimits,
  /** How fast it goes. */
  mamba_chunk_size: z.unknown().optional(),
};

const schema = z.object({
  ...llamaKeys,
  ...scanKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  max_position_embeddings: z.int().positive().default(262144),
  rms_norm_eps: z.number().positive().default(1e-5),
  attn_layer_indices: z.array(z.int().nonnegative()).nullish(),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  /** How fast it goes, how it is trained, what is returned. */
  num_logits_to_keep: z.unknown().optional(),
  z_loss_coefficient: z.unknown().optional(),
  use_mamba_kernels: z.unknown().optional(),
});

type Keys = z.infer<typeof schema>;

/** Half of each head is turned, whatever the configuration says, as in transformers. */
const TURNED = 0.5;

export const bamba = family("bamba", schema, (c) => {
  const { rope_parameters: rope, ...rest } = c;
  const attention = llamaAttention(
    { ...rest, rope_parameters: rope && { ...rope, partial_rotary_factor: TURNED } },
    { part: TURNED },
  );
  const scan = scanOf(c);
  const isAttention = (layer: number) => c.attn_layer_indices?.includes(layer) ?? false;
  checkLayers(c);
  const row = llamaRow(c, attention, {
    names: {
      ln2: "pre_ff_layernorm",
      finalNorm: "final_layernorm",
      ssm: { mixer: "mamba" },
      mlp: {
        gate: "feed_forward.gate_proj",
        in: "feed_forward.up_proj",
        out: "feed_forward.down_proj",
      },
      biases: {
        ...{ qkv: c.attention_bias, o: c.attention_bias, mlp: c.mlp_bias },
        ...{ conv: c.mamba_conv_bias, ssm: c.mamba_proj_bias },
      },
    },
  });
  const blocks = row.spec.blocks.map((block, layer): BlockSpec =>
    isAttention(layer) ? block : { ...block, attention: null, ssm: scan },
  );
  return { ...row, spec: { ...row.spec, blocks } };
});

type ScanKeys = z.infer<z.ZodObject<typeof scanKeys>> &
  Pick<Keys, "hidden_size" | "hidden_act" | "rms_norm_eps">;

export function scanOf(c: ScanKeys): SsmSpec {
  const heads = c.mamba_n_heads;
  const inner = c.mamba_expand * c.hidden_size;
  const dHead = c.mamba_d_head === "auto" ? Math.floor(inner / heads) : c.mamba_d_head;
  checkScanHeads({ heads, dHead, groups: c.mamba_n_groups, inner }, "mamba_");
  return {
    ...{ kind: "heads", heads, dHead, groups: c.mamba_n_groups, states: c.mamba_d_state },
    ...{ taps: c.mamba_d_conv, act: c.hidden_act, limits: c.time_step_limit },
    norm: { kind: "RMS", eps: c.rms_norm_eps },
  };
}

function checkLayers({ attn_layer_indices: indices, num_hidden_layers: layers }: Keys): void {
  const beyond = indices?.find((layer) => layer >= layers);
  if (beyond === undefined) return;
  throw new InputError(
    "config",
    `attn_layer_indices has ${beyond}, and there are layers 0 to ${layers - 1}`,
  );
}
