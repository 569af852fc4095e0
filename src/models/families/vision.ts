/** @file ViT, DINOv2 and the towers of SigLIP and CLIP that see: encoders of one image. */
import { z } from "zod";
import { composedFamily, stackFacts, type ComposedRow } from "../composed/composedFamily.ts";
import { imageProgram, type VisionSpec } from "../composed/imageModel.ts";
import { imagePositions, patchSizes, patchWeights, type PatchNames } from "../composed/patches.ts";
import { stackPart, type StackNames } from "../composed/partMap.ts";
import type { Sizes, WeightMap } from "../weightMap.ts";
import { CLIP_STACK, visionKeys, visionSpec } from "./visionStack.ts";

/** The map of a tower: how it begins, and its blocks. */
function visionPart(
  prefix: string,
  spec: VisionSpec,
  names: StackNames,
  patches: PatchNames,
  sizes: Sizes,
): WeightMap {
  const all = { ...patchSizes(spec.image), ...sizes };
  return stackPart(prefix, spec, names, all, patchWeights(patches));
}

/** A tower by itself: it gives logits where its files have a classifier, else the end of its stream. */
function visionRow(
  spec: VisionSpec,
  weights: WeightMap,
  {
    base,
    ignorable,
    classifier,
  }: Required<Pick<ComposedRow, "base" | "ignorable">> & {
    readonly classifier?: number | undefined;
  },
): ComposedRow {
  const classes = { class: classifier ?? 0, d_model: spec.dModel };
  return {
    weights: {
      ...weights,
      ...(classifier !== undefined && {
        "classifier.W": { from: "/classifier.weight", shape: ["class", "d_model"], sizes: classes },
        "classifier.b": { from: "/classifier.bias", shape: ["class"], sizes: classes },
      }),
    },
    base,
    ignorable,
    program: ({ weights: bound }) => imageProgram(spec, bound),
    vocabulary: 0,
    image: spec.image,
    stacks: [stackFacts("", spec, imagePositions(spec.image))],
  };
}

const VIT_NAMES: StackNames = {
  base: "",
  layer: "encoder.layer.{layer}.",
  ln1: "layernorm_before",
  ln2: "layernorm_after",
  finalNorm: "layernorm",
  attention: {
    q: "attention.attention.query",
    k: "attention.attention.key",
    v: "attention.attention.value",
  },
  o: "attention.output.dense",
  mlp: { in: "intermediate.dense", out: "output.dense" },
  biases: { qkv: true, o: true, mlp: true, norms: true },
};

const VIT_PATCHES: PatchNames = {
  patch: "embeddings.patch_embeddings.projection",
  bias: true,
  classVector: { from: "embeddings.cls_token", ones: 2 },
  positions: { from: "embeddings.position_embeddings", isOne: true },
};

/** What is about masked patches, pooling and its size; nothing in a pass of whole images reads it. */
const BESIDE = [
  /(^|\.)embeddings\.mask_token$/,
  /(^|\.)pooler\.dense\./,
  /(^|\.)embeddings\.position_ids$/,
];

/** How many classes a classifier tells, which its bias says; undefined where there is none. */
function classesIn(json: Readonly<Record<string, unknown>>, has: (name: string) => boolean) {
  if (!has("classifier.weight")) return undefined;
  const labels = json["id2label"];
  return typeof labels === "object" && labels !== null ? Object.keys(labels).length : 2;
}

const vitKeys = {
  ...visionKeys,
  intermediate_size: z.int().positive().default(3072),
  qkv_bias: z.boolean().default(true),
  pooler_act: z.unknown().optional(),
  pooler_output_size: z.unknown().optional(),
};

/** The map of ViT and DeiT. */
function vitPart(
  c: z.infer<z.ZodObject<typeof vitKeys>>,
  spec: VisionSpec,
  patches: PatchNames,
): WeightMap {
  const names = { ...VIT_NAMES, biases: { ...VIT_NAMES.biases, qkv: c.qkv_bias } };
  return visionPart("", spec, names, patches, { d_mlp: c.intermediate_size });
}

export const vit = composedFamily("vit", z.object(vitKeys), (c, { json, has }) => {
  const spec = visionSpec(c, { before: 1 });
  return visionRow(spec, vitPart(c, spec, VIT_PATCHES), {
    base: "vit.",
    ignorable: BESIDE,
    classifier: classesIn(json, has),
  });
});

const deitSchema = z.object({
  ...vitKeys,
  /** Of a head that fills in masked patches. */
  encoder_stride: z.unknown().optional(),
});

/** ViT with a second vector in front, which learned from a teacher. */
export const deit = composedFamily("deit", deitSchema, (c, { json, has }) => {
  const spec = visionSpec(c, { before: 2 });
  const patches = { ...VIT_PATCHES, distillation: "embeddings.distillation_token" };
  return visionRow(spec, vitPart(c, spec, patches), {
    base: "deit.",
    ignorable: [...BESIDE, /^(cls|distillation)_classifier\./],
    classifier: has("cls_classifier.weight") ? undefined : classesIn(json, has),
  });
});

const dinoKeys = {
  ...visionKeys,
  layer_norm_eps: z.number().positive().default(1e-6),
  mlp_ratio: z.number().positive().default(4),
  qkv_bias: z.boolean().default(true),
  use_swiglu_ffn: z.boolean().default(false),
  /** Of training, and of what a backbone hands on. */
  layerscale_value: z.unknown().optional(),
  drop_path_rate: z.unknown().optional(),
  use_mask_token: z.unknown().optional(),
  apply_layernorm: z.unknown().optional(),
  reshape_hidden_states: z.unknown().optional(),
  out_features: z.unknown().optional(),
  out_indices: z.unknown().optional(),
  stage_names: z.unknown().optional(),
};

export const dinov2 = composedFamily("dinov2", z.object(dinoKeys), (c, { has }) =>
  dinoRow(c, has, 0),
);

/** DINOv2 with vectors in front of the patches that stand for nothing. */
export const dinov2WithRegisters = composedFamily(
  "dinov2_with_registers",
  z.object({ ...dinoKeys, num_register_tokens: z.int().nonnegative().default(4) }),
  (c, { has }) => dinoRow(c, has, c.num_register_tokens),
);

function dinoRow(
  c: z.infer<z.ZodObject<typeof dinoKeys>>,
  has: (name: string) => boolean,
  registers: number,
): ComposedRow {
  const wide = Math.trunc(c.hidden_size * c.mlp_ratio);
  const gated = Math.floor((Math.trunc((wide * 2) / 3) + 7) / 8) * 8;
  const mlp = has("mlp.gate_proj.weight")
    ? { gate: "mlp.gate_proj", in: "mlp.up_proj", out: "mlp.down_proj" }
    : { gateIn: "mlp.weights_in", out: "mlp.weights_out" };
  const spec = visionSpec(c, {
    ...{ before: 1 + registers, registers },
    ...(c.use_swiglu_ffn && { mlp: { act: "silu" } }),
  });
  const names = {
    ...VIT_NAMES,
    ln1: "norm1",
    ln2: "norm2",
    scales: { attention: "layer_scale1.lambda1", mlp: "layer_scale2.lambda1" },
    mlp: c.use_swiglu_ffn ? mlp : { in: "mlp.fc1", out: "mlp.fc2" },
    biases: { ...VIT_NAMES.biases, qkv: c.qkv_bias },
  };
  const sizes = { d_mlp: c.use_swiglu_ffn ? gated : wide, gate_in: 2 };
  const patches = {
    ...VIT_PATCHES,
    ...(registers > 0 && { registers: "embeddings.register_tokens" }),
  };
  return visionRow(spec, visionPart("", spec, names, patches, sizes), {
    base: registers > 0 ? "dinov2_with_registers." : "dinov2.",
    ignorable: [...BESIDE, /(^|\.)classifier\./],
  });
}

const towerKeys = {
  ...visionKeys,
  intermediate_size: z.int().positive().default(3072),
};

export const siglipVisionSchema = z.object({
  ...towerKeys,
  layer_norm_eps: z.number().positive().default(1e-6),
  hidden_act: towerKeys.hidden_act.unwrap().default("gelu_pytorch_tanh"),
  vision_use_head: z.boolean().default(true),
});

/** SigLIP's tower that sees: no vector for the class, and a norm at the end. */
export function siglipTower(c: z.infer<typeof siglipVisionSchema>): VisionSpec {
  return visionSpec(c, { before: 0 });
}

/** The map of that tower. @param at before the names of its modules, as `vision_model.` */
export function siglipTowerPart(
  prefix: string,
  at: string,
  c: z.infer<typeof siglipVisionSchema>,
): WeightMap {
  const names = { ...CLIP_STACK, layer: `${at}${CLIP_STACK.layer}` };
  return visionPart(
    prefix,
    siglipTower(c),
    { ...names, finalNorm: `${at}post_layernorm` },
    {
      patch: `${at}embeddings.patch_embedding`,
      bias: true,
      classVector: null,
      positions: { from: `${at}embeddings.position_embedding.weight`, isOne: false },
    },
    { d_mlp: c.intermediate_size },
  );
}

export const siglipVision = composedFamily("siglip_vision_model", siglipVisionSchema, (c) =>
  visionRow(siglipTower(c), siglipTowerPart("", "", c), {
    base: "vision_model.",
    // The head that pools an image with a vector of its own.
    ignorable: [...BESIDE, /(^|\.)head\./],
  }),
);

export const clipVisionSchema = z.object({
  ...towerKeys,
  patch_size: towerKeys.patch_size.unwrap().default(32),
  layer_norm_eps: z.number().positive().default(1e-5),
  hidden_act: towerKeys.hidden_act.unwrap().default("quick_gelu"),
});

/** CLIP's tower that sees, without the norm of the class's vector, which no block reads. */
export function clipTower(c: z.infer<typeof clipVisionSchema>): VisionSpec {
  return visionSpec(c, { before: 1, imageNorm: true, finalNorm: null });
}

/** The map of that tower. @param at before the names of its modules, as `vision_model.` */
export function clipTowerPart(
  prefix: string,
  at: string,
  c: z.infer<typeof clipVisionSchema>,
): WeightMap {
  return visionPart(
    prefix,
    clipTower(c),
    { ...CLIP_STACK, layer: `${at}${CLIP_STACK.layer}`, embedNorm: `${at}pre_layrnorm` },
    {
      patch: `${at}embeddings.patch_embedding`,
      bias: false,
      classVector: { from: `${at}embeddings.class_embedding`, ones: 0 },
      positions: { from: `${at}embeddings.position_embedding.weight`, isOne: false },
    },
    { d_mlp: c.intermediate_size },
  );
}

export const clipVision = composedFamily("clip_vision_model", clipVisionSchema, (c) =>
  visionRow(clipTower(c), clipTowerPart("", "", c), {
    base: "vision_model.",
    ignorable: [...BESIDE, /(^|\.)post_layernorm\./, /^visual_projection\./],
  }),
);
