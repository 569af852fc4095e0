/** @file LLaVA: CLIP's tower that sees, a projector, and any model of text that is read here. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import type { Program } from "../../graph/program.ts";
import { activationName } from "../config/activation.ts";
import { readConfig } from "../config/readConfig.ts";
import type { CheckpointTensors } from "../checkpointTensors.ts";
import { partMap } from "../composed/partMap.ts";
import { seeingProgram } from "../composed/seeing.ts";
import type { Seeing, Sight } from "../family.ts";
import { bindWeights } from "../weightMap.ts";
import { clipTower, clipTowerPart, clipVisionSchema } from "./vision.ts";

const schema = z.object({
  image_token_index: z.int().default(32000),
  multimodal_projector_bias: z.boolean().default(true),
  projector_hidden_act: activationName.default("gelu"),
  text_config: z.looseObject({ hidden_size: z.int().positive() }),
  vision_config: z.record(z.string(), z.unknown()),
  vision_feature_layer: z.union([z.int(), z.array(z.int()).min(1)]).default(-2),
  vision_feature_select_strategy: z.enum(["default", "full"]).default("default"),
  /** The text model's. */
  tie_word_embeddings: z.boolean().optional(),
  vocab_size: z.unknown().optional(),
  hidden_size: z.unknown().optional(),
});

/**
 * The text model's program with images.
 *
 * @param json the whole configuration
 * @throws {InputError} "config" for a tower of another kind or settings that are not computed, "weights" if tensors do not fit
 */
export function llavaSeeing(
  json: Readonly<Record<string, unknown>>,
  text: Program,
  checkpoint: CheckpointTensors,
): Seeing {
  const c = readConfig("llava", schema, json);
  const tower = readConfig("clip_vision_model", clipVisionSchema, c.vision_config);
  const vision = clipTower(tower);
  const layers = [c.vision_feature_layer]
    .flat()
    .map((layer) => streamAt(layer, vision.blocks.length));
  const dModel = c.text_config.hidden_size;
  const sizes = { d_seen: layers.length * vision.dModel, d_hidden: dModel, d_model: dModel };
  const linear = (count: number, inner: string, out: string) => {
    const from = `/multi_modal_projector.linear_${count}`;
    return {
      [`projector.W_${count}`]: { from: `${from}.weight`, shape: [out, inner] },
      ...(c.multimodal_projector_bias && {
        [`projector.b_${count}`]: { from: `${from}.bias`, shape: [out] },
      }),
    };
  };
  const projector = { ...linear(1, "d_seen", "d_hidden"), ...linear(2, "d_hidden", "d_model") };
  const { weights } = bindWeights(
    { ...clipTowerPart("vision.", "", tower), ...partMap("", projector, 0, sizes) },
    {
      layers: 0,
      sizes: {},
      base: "vision_tower.",
      ignorable: [/(^|\.)post_layernorm\./, /(^|\.)embeddings\.position_ids$/],
      others: true,
    },
    checkpoint,
  );
  const whole = c.vision_feature_select_strategy === "full";
  const { image } = vision;
  const side = Math.floor(image.size / image.patch);
  const before = whole ? image.before : 0;
  const sight: Sight = {
    ...{ image, imageToken: c.image_token_index, around: [[], []] },
    ...{ vectors: before + side ** 2, before, side, patch: image.patch },
  };
  const seeing = seeingProgram(
    text,
    {
      vision,
      layers,
      whole,
      projector: { kind: "mlp", act: c.projector_hidden_act },
      imageToken: c.image_token_index,
    },
    weights,
  );
  return { seeing, sight };
}

/** The stream before block `layer`, or after the last; below 0 counted from the end. */
function streamAt(layer: number, blocks: number): number {
  const at = layer < 0 ? blocks + 1 + layer : layer;
  if (at >= 0 && at <= blocks) return at;
  throw new InputError(
    "config",
    `vision_feature_layer ${layer} is not one of the ${blocks + 1} streams`,
  );
}
