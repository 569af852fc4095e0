/** @file What encoders of images have in common: keys, blocks without a mask, names of modules. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import type { ImageSpec } from "../composed/patches.ts";
import type { VisionSpec } from "../composed/imageModel.ts";
import type { MlpSpec, NormSpec } from "../decoder/spec.ts";
import type { StackNames } from "../composed/partMap.ts";
import { blocksOf } from "./row.ts";

/** A side, or two that are equal: images here are square. */
const side = z.union([
  z.int().positive(),
  z.tuple([z.int().positive(), z.int().positive()]).refine(([a, b]) => a === b),
]);

export const visionKeys = {
  hidden_size: z.int().positive().default(768),
  num_hidden_layers: z.int().positive().default(12),
  num_attention_heads: z.int().positive().default(12),
  num_channels: z.int().positive().default(3),
  image_size: side.default(224),
  patch_size: side.default(16),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: activationName.default("gelu"),
};

type Keys = z.infer<z.ZodObject<typeof visionKeys>>;

/** @param before vectors in front of the patches */
export function visionSpec(
  c: Keys,
  {
    before,
    registers,
    mlp,
    ...more
  }: {
    readonly before: number;
    readonly registers?: number;
    readonly mlp?: MlpSpec;
  } & Partial<VisionSpec> & {
      readonly norm?: NormSpec;
      readonly imageNorm?: boolean;
    },
): VisionSpec {
  const { imageNorm = false, ...changes } = more;
  const heads = c.num_attention_heads;
  const dHead = perHead("hidden_size", c.hidden_size, heads);
  const scale = 1 / Math.sqrt(dHead);
  const attention = { heads, kvHeads: heads, dHead, scale, mask: "none" } as const;
  const norm: NormSpec = { kind: "LN", eps: c.layer_norm_eps };
  const [size, patch] = [[c.image_size].flat()[0]!, [c.patch_size].flat()[0]!];
  if (patch > size)
    throw new InputError("config", `patch_size ${patch} is larger than image_size ${size}`);
  const image: ImageSpec = {
    channels: c.num_channels,
    size,
    patch,
    before,
    ...(registers !== undefined && { registers }),
    norm: imageNorm ? norm : null,
  };
  return {
    dModel: c.hidden_size,
    blocks: blocksOf(c.num_hidden_layers, attention, mlp ?? { act: c.hidden_act }),
    norm,
    residual: { norms: "before" },
    image,
    ...changes,
  };
}

/** CLIP's and SigLIP's modules, of text and of images. */
export const CLIP_STACK: StackNames = {
  base: "",
  layer: "encoder.layers.{layer}.",
  ln1: "layer_norm1",
  ln2: "layer_norm2",
  attention: { q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj" },
  o: "self_attn.out_proj",
  mlp: { in: "mlp.fc1", out: "mlp.fc2" },
  biases: { qkv: true, o: true, mlp: true, norms: true },
};
