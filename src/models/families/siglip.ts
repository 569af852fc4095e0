/** @file SigLIP: a tower of text that sees both directions and one of images, compared with a scale and a bias. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead, readConfig } from "../config/readConfig.ts";
import { composedFamily, stackFacts } from "../composed/composedFamily.ts";
import { imagePositions } from "../composed/patches.ts";
import { twoTowersProgram } from "../composed/twoTowers.ts";
import { mlpMap } from "../names/matrices.ts";
import type { WeightEntry, WeightMap } from "../weightMap.ts";
import { textPart, textTower } from "./clipText.ts";
import { siglipTower, siglipTowerPart, siglipVisionSchema } from "./vision.ts";

const textSchema = z.object({
  vocab_size: z.int().positive().default(32000),
  hidden_size: z.int().positive().default(768),
  intermediate_size: z.int().positive().default(3072),
  num_hidden_layers: z.int().positive().default(12),
  num_attention_heads: z.int().positive().default(12),
  max_position_embeddings: z.int().positive().default(64),
  hidden_act: activationName.default("gelu_pytorch_tanh"),
  layer_norm_eps: z.number().positive().default(1e-6),
  projection_size: z.int().positive().nullish(),
});

const part = z.record(z.string(), z.unknown());
const schema = z.object({
  text_config: part.nullish(),
  vision_config: part.nullish(),
  /** How training began. */
  initializer_factor: z.unknown().optional(),
});

export const siglip = composedFamily("siglip", schema, (c) => {
  const own = readConfig("siglip_text_model", textSchema, c.text_config ?? {});
  const seeing = readConfig("siglip_vision_model", siglipVisionSchema, c.vision_config ?? {});
  const text = textTower("siglip", own, { mask: "none" });
  const vision = siglipTower(seeing);
  const heads = seeing.num_attention_heads;
  const dHead = perHead("hidden_size", seeing.hidden_size, heads);
  const norm = { kind: "LN", eps: seeing.layer_norm_eps } as const;
  const pooled = { dHead, norm, mlp: { act: seeing.hidden_act } };
  return {
    weights: {
      ...textPart(text, own),
      ...projectionPart(own),
      ...siglipTowerPart("vision.", "vision_model.", seeing),
      ...probePart("vision.probe", "vision_model.head", { ...seeing, heads, dHead }),
      logit_scale: scalar("logit_scale"),
      logit_bias: scalar("logit_bias"),
    },
    ignorable: [/(^|\.)embeddings\.position_ids$/],
    program: ({ weights }) => twoTowersProgram({ text, vision, pooled, end: "last" }, weights),
    vocabulary: own.vocab_size,
    image: vision.image,
    stacks: [
      stackFacts("vision", vision, imagePositions(vision.image)),
      stackFacts("text", text, own.max_position_embeddings),
    ],
  };
});

/** A number in a tensor of one entry. */
function scalar(from: string): WeightEntry {
  return { from, shape: ["one"], select: [{ axis: "one", index: 0 }], sizes: { one: 1 } };
}

/** What the tower of text ends with, in the space that both towers share. */
function projectionPart(c: z.infer<typeof textSchema>): WeightMap {
  const at = "text_model.head";
  const sizes = { d_project: c.projection_size ?? c.hidden_size, d_model: c.hidden_size };
  return {
    "text.W_project": { from: `${at}.weight`, shape: ["d_project", "d_model"], sizes },
    "text.b_project": { from: `${at}.bias`, shape: ["d_project"], sizes },
  };
}

/** The weights of a learned query: queries, keys and values lie in one tensor. */
function probePart(
  ours: string,
  at: string,
  c: z.infer<typeof siglipVisionSchema> & { readonly heads: number; readonly dHead: number },
): WeightMap {
  const sizes = {
    ...{ three: 3, head: c.heads, d_head: c.dHead, d_model: c.hidden_size },
    ...{ d_mlp: c.intermediate_size, one: 1, other_one: 1 },
  };
  const fused = ["three", "head", "d_head"];
  const entries: WeightMap = {
    [`${ours}.query`]: {
      from: `${at}.probe`,
      shape: ["one", "other_one", "d_model"],
      merge: { d_model: ["one", "other_one", "d_model"] },
    },
    ...Object.fromEntries(
      ["Q", "K", "V"].flatMap((which, index) => {
        const select = [{ axis: "three", index }];
        const from = `${at}.attention.in_proj`;
        return [
          [`${ours}.W_${which}`, { from: `${from}_weight`, shape: [fused, "d_model"], select }],
          [`${ours}.b_${which}`, { from: `${from}_bias`, shape: [fused], select }],
        ];
      }),
    ),
    [`${ours}.W_O`]: {
      from: `${at}.attention.out_proj.weight`,
      shape: ["d_model", ["head", "d_head"]],
    },
    [`${ours}.b_O`]: { from: `${at}.attention.out_proj.bias`, shape: ["d_model"] },
    [`${ours}.ln.w`]: { from: `${at}.layernorm.weight`, shape: ["d_model"] },
    [`${ours}.ln.b`]: { from: `${at}.layernorm.bias`, shape: ["d_model"] },
    ...mlpMap(
      `${ours}.mlp`,
      `${at}.`,
      { in: "mlp.fc1", out: "mlp.fc2" },
      { biases: { mlp: true } },
      "d_mlp",
    ),
  };
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [name, { ...entry, sizes }]),
  );
}
