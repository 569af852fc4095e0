/** @file CLIP: a tower of text, which sees what is before, and one of images, trained to agree. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { activationName } from "../config/activation.ts";
import { readConfig } from "../config/readConfig.ts";
import { composedFamily, stackFacts } from "../composed/composedFamily.ts";
import { imagePositions } from "../composed/patches.ts";
import { twoTowersProgram } from "../composed/twoTowers.ts";
import { textPart, textTower } from "./clipText.ts";
import { clipTower, clipTowerPart, clipVisionSchema } from "./vision.ts";

const textSchema = z.object({
  vocab_size: z.int().positive().default(49408),
  hidden_size: z.int().positive().default(512),
  intermediate_size: z.int().positive().default(2048),
  num_hidden_layers: z.int().positive().default(12),
  num_attention_heads: z.int().positive().default(8),
  max_position_embeddings: z.int().positive().default(77),
  hidden_act: activationName.default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
  eos_token_id: z.int().default(49407),
});

const part = z.record(z.string(), z.unknown());
const schema = z.object({
  text_config: part.nullish(),
  vision_config: part.nullish(),
  projection_dim: z.int().positive().default(512),
  /** How training began. */
  logit_scale_init_value: z.unknown().optional(),
  /** Beside text_config and vision_config in files of transformers 4: what they say holds, their defaults too. */
  text_config_dict: part.nullish(),
  vision_config_dict: part.nullish(),
});

/** Old files say 2 for the end of a text, and the model then takes the largest id. */
const OLD_END = 2;

export const clip = composedFamily("clip", schema, (c) => {
  const ofText = c.text_config_dict ?? c.text_config ?? {};
  const ofImages = c.vision_config_dict ?? c.vision_config ?? {};
  const own = readConfig("clip_text_model", textSchema, ofText);
  const seeing = readConfig("clip_vision_model", clipVisionSchema, ofImages);
  const text = textTower("clip", own);
  const vision = clipTower(seeing);
  const length = { text: own.max_position_embeddings, vision: imagePositions(vision.image) };
  const project = (from: string, dModel: number) => ({
    from: `${from}.weight`,
    shape: ["d_project", "d_model"],
    sizes: { d_project: c.projection_dim, d_model: dModel },
  });
  const gain = (part: string) => ({
    from: `vision_model.post_layernorm.${part}`,
    shape: ["d_model"],
    sizes: { d_model: vision.dModel },
  });
  const end = own.eos_token_id === OLD_END ? "largest" : own.eos_token_id;
  if (end !== "largest" && (end < 0 || end >= own.vocab_size))
    throw new InputError(
      "config",
      `eos_token_id ${end} is outside the vocabulary of ${own.vocab_size}`,
    );
  const spec = {
    text,
    vision,
    pooled: { norm: { kind: "LN", eps: seeing.layer_norm_eps } },
    end,
  } as const;
  return {
    weights: {
      ...textPart(text, own),
      ...clipTowerPart("vision.", "vision_model.", seeing),
      "vision.ln_pooled.w": gain("weight"),
      "vision.ln_pooled.b": gain("bias"),
      "text.W_project": project("text_projection", text.dModel),
      "vision.W_project": project("visual_projection", vision.dModel),
      logit_scale: { from: "logit_scale", shape: [] },
    },
    ignorable: [/(^|\.)embeddings\.position_ids$/],
    program: ({ weights }) => twoTowersProgram(spec, weights),
    vocabulary: own.vocab_size,
    image: vision.image,
    stacks: [stackFacts("vision", vision, length.vision), stackFacts("text", text, length.text)],
  };
});
