/** @file Gemma 3 with images: SigLIP's tower that sees, means of squares of its patches, and Gemma 3's model of text. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import type { Program } from "../../graph/program.ts";
import type { CheckpointTensors } from "../checkpointTensors.ts";
import { partMap } from "../composed/partMap.ts";
import { seeingProgram } from "../composed/seeing.ts";
import { readConfig } from "../config/readConfig.ts";
import type { Seeing, Sight } from "../family.ts";
import { bindWeights } from "../weightMap.ts";
import { gemmaNorm } from "./gemma.ts";
import { siglipTower, siglipTowerPart, siglipVisionSchema } from "./vision.ts";

const schema = z.object({
  mm_tokens_per_image: z.int().positive().default(256),
  boi_token_index: z.int().nonnegative().default(255999),
  eoi_token_index: z.int().nonnegative().default(256000),
  image_token_index: z.int().nonnegative().default(262144),
  text_config: z.looseObject({
    hidden_size: z.int().positive().default(2304),
    vocab_size: z.int().positive().default(262208),
  }),
  vision_config: z.record(z.string(), z.unknown()),
  tie_word_embeddings: z.boolean().optional(),
});

/**
 * The text model's program with images, whose vectors attend to later ones too; windows bound what is earlier, as in transformers.
 *
 * @param json the whole configuration
 * @throws {InputError} "config" for a tower of another kind or settings that are not computed, "weights" if tensors do not fit
 */
export function gemma3Seeing(
  json: Readonly<Record<string, unknown>>,
  text: Program,
  checkpoint: CheckpointTensors,
): Seeing {
  const c = readConfig("gemma3", schema, json);
  const tower = readConfig("siglip_vision_model", siglipVisionSchema, c.vision_config);
  const vision = siglipTower(tower);
  const { image } = vision;
  const patches = Math.floor(image.size / image.patch);
  const side = sideOf(c.mm_tokens_per_image, patches);
  const kernel = Math.floor(patches / side);
  const norm = gemmaNorm(tower.layer_norm_eps);
  const sizes = { d_seen: vision.dModel, d_model: c.text_config.hidden_size };
  const projector = {
    "projector.ln.w": {
      from: "/multi_modal_projector.mm_soft_emb_norm.weight",
      shape: ["d_seen"],
    },
    "projector.W": {
      from: "/multi_modal_projector.mm_input_projection_weight",
      shape: ["d_seen", "d_model"],
    },
  };
  const { weights } = bindWeights(
    { ...siglipTowerPart("vision.", "", tower), ...partMap("", projector, 0, sizes) },
    {
      ...{ layers: 0, sizes: {}, base: "vision_tower.", others: true },
      ignorable: [/(^|\.)embeddings\.position_ids$/, /(^|\.)head\./],
    },
    checkpoint,
  );
  const imageToken = c.image_token_index;
  checkToken(imageToken, c.text_config.vocab_size);
  const sight: Sight = {
    ...{ image, imageToken, around: [[c.boi_token_index], [c.eoi_token_index]] },
    ...{ vectors: side ** 2, before: 0, side, patch: kernel * image.patch, bothWays: true },
  };
  const projected = { kind: "pooled", side, kernel, norm } as const;
  const spec = { vision, layers: "end", whole: true, projector: projected, imageToken } as const;
  return { seeing: seeingProgram(text, { ...spec, bothWays: true }, weights), sight };
}

/** Vectors of a side of an image. */
function sideOf(vectors: number, patches: number): number {
  const side = Math.sqrt(vectors);
  if (Number.isInteger(side) && patches % side === 0) return side;
  throw new InputError(
    "config",
    `mm_tokens_per_image must be a square whose side divides the ${patches} patches of a side of an image, got ${vectors}`,
  );
}

function checkToken(imageToken: number, vocabulary: number): void {
  if (imageToken < vocabulary) return;
  throw new InputError(
    "config",
    `image_token_index ${imageToken} is outside the vocabulary of ${vocabulary}`,
  );
}
