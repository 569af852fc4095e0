/** @file Granite 4's hybrids: Granite MoE with a shared expert, or that one's MLP alone, after layers of Mamba-2 and some of attention. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import type { BlockSpec } from "../decoder/spec.ts";
import { scanKeys, scanOf } from "./bamba.ts";
import { graniteRow } from "./granite.ts";
import { GRANITE_SHARED, graniteMoeKeys, graniteMoeRow } from "./graniteMoe.ts";
import { llamaAttention } from "./llamaLike.ts";
import { family, type Row } from "./row.ts";

const SCANS: readonly string[] = ["linear_attention", "mamba"];

const schema = z.object({
  ...graniteMoeKeys,
  ...scanKeys,
  num_local_experts: z.int().nonnegative().default(8),
  shared_intermediate_size: z.int().positive().default(1024),
  /** transformers 5 says linear_attention and full_attention, checkpoints of the hub mamba and attention. */
  layer_types: z
    .array(z.enum(["linear_attention", "full_attention", "mamba", "attention"]))
    .nullish(),
  position_embedding_type: z.enum(["rope", "nope"]).nullish(),
});

type Keys = z.infer<typeof schema>;

export const graniteMoeHybrid = family(
  "granitemoehybrid",
  schema,
  (c) => {
    const row = withoutScans(c);
    const scan = scanOf(c);
    const turns = c.position_embedding_type === "rope";
    const { rotary = null } = llamaAttention(c, { turns });
    const types = layerTypes(c);
    const blocks = row.spec.blocks.map((block, layer): BlockSpec =>
      SCANS.includes(types[layer]!)
        ? { ...block, attention: null, ssm: scan }
        : { ...block, attention: block.attention && { ...block.attention, rotary } },
    );
    return {
      ...row,
      names: {
        ...row.names,
        ssm: { mixer: "mamba" },
        biases: { ...row.names.biases, conv: c.mamba_conv_bias, ssm: c.mamba_proj_bias },
      },
      spec: { ...row.spec, blocks },
    };
  },
  { aliases: { layers_block_type: "layer_types" } },
);

/** With attention everywhere. */
function withoutScans(c: Keys): Row {
  if (c.num_local_experts > 0) return graniteMoeRow(c, c.shared_intermediate_size);
  const row = graniteRow(c);
  return {
    ...row,
    names: { ...row.names, mlp: GRANITE_SHARED },
    sizes: { d_mlp: c.shared_intermediate_size },
  };
}

function layerTypes({ layer_types: types, num_hidden_layers: layers }: Keys): readonly string[] {
  if (!types) return Array.from({ length: layers }, () => "linear_attention");
  if (types.length === layers) return types;
  throw new InputError(
    "config",
    `layer_types must have an entry for each of ${layers} layers, got ${types.length}`,
  );
}
