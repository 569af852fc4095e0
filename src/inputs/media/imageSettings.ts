/** @file How a model's images are prepared: its preprocessor_config.json, read as transformers reads it. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { faultSentences } from "../../base/faultSentences.ts";
import { RESAMPLES, type Resample } from "./resample.ts";

/** A width and a height, or what the shorter side becomes. */
export type ImageSize =
  { readonly width: number; readonly height: number } | { readonly shortest: number };

export interface ImageSettings {
  readonly resize: { readonly size: ImageSize; readonly by: Resample } | null;
  readonly crop: { readonly width: number; readonly height: number } | null;
  /** Values are multiplied by this; 1 where they stay from 0 to 255. */
  readonly factor: number;
  /** By colour; null where nothing is normalised. */
  readonly normalise: {
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  } | null;
}

const side = z.int().positive();
const size = z.union([
  side,
  z.strictObject({ height: side, width: side }),
  z.strictObject({ shortest_edge: side }),
]);
const colours = z.union([z.number(), z.array(z.number()).length(3)]);
const schema = z.looseObject({
  image_processor_type: z.string().nullish(),
  feature_extractor_type: z.string().nullish(),
  do_resize: z.boolean().nullish(),
  size: size.nullish(),
  resample: z.int().min(0).max(5).nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: size.nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().positive().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: colours.nullish(),
  image_std: colours.nullish(),
  do_pad: z.literal(false).nullish(),
  /** More views of one image, which this does not make. */
  do_pan_and_scan: z.literal(false).nullish(),
  do_convert_rgb: z.boolean().nullish(),
});

const HALF = [0.5, 0.5, 0.5];
const CLIP = {
  ...{ square: false, resample: 3, size: 224, crop: 224 },
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
} as const;

/** What each class of transformers does where its file does not say; `square`: what one number as size means. */
const CLASSES = {
  ViT: { square: true, resample: 2, size: 224, crop: null, mean: HALF, deviation: HALF },
  DeiT: { square: true, resample: 3, size: 256, crop: 224, mean: HALF, deviation: HALF },
  Gemma3: { square: true, resample: 2, size: 224, crop: null, mean: HALF, deviation: HALF },
  Siglip: { square: true, resample: 3, size: 224, crop: null, mean: HALF, deviation: HALF },
  CLIP,
  Bit: CLIP,
} as const;

/** The class that a family's files mean where they name none. */
const OF_FAMILY: Readonly<Record<string, keyof typeof CLASSES>> = {
  vit: "ViT",
  deit: "DeiT",
  siglip: "Siglip",
  siglip_vision_model: "Siglip",
  clip: "CLIP",
  clip_vision_model: "CLIP",
  dinov2: "Bit",
  dinov2_with_registers: "Bit",
  llava: "CLIP",
  gemma3: "Gemma3",
};

/**
 * @param json what preprocessor_config.json says
 * @param family of the model, for files that name no class
 * @throws {InputError} "config" for a class or a setting that is not computed
 */
export function imageSettings(
  json: Readonly<Record<string, unknown>>,
  family: string,
): ImageSettings {
  const read = schema.safeParse(json);
  if (!read.success)
    throw new InputError(
      "config",
      `preprocessor_config.json does not say how images are prepared: ${faultSentences(read.error.issues, json).join("; ")}`,
    );
  const c = read.data;
  const own = CLASSES[classOf(c.image_processor_type ?? c.feature_extractor_type ?? null, family)];
  const square = (value: number) => ({ width: value, height: value });
  const sizeOf = (value: z.infer<typeof size>): ImageSize => {
    if (typeof value === "number") return own.square ? square(value) : { shortest: value };
    return "shortest_edge" in value ? { shortest: value.shortest_edge } : value;
  };
  const crop = c.crop_size ?? own.crop ?? own.size;
  if (typeof crop === "object" && "shortest_edge" in crop)
    throw new InputError(
      "config",
      "preprocessor_config.json needs a height and a width in crop_size",
    );
  const three = (value: number | readonly number[]) =>
    typeof value === "number" ? [value, value, value] : value;
  return {
    resize:
      (c.do_resize ?? true)
        ? { size: sizeOf(c.size ?? own.size), by: RESAMPLES[c.resample ?? own.resample]! }
        : null,
    crop:
      (c.do_center_crop ?? own.crop !== null)
        ? typeof crop === "number"
          ? square(crop)
          : crop
        : null,
    factor: (c.do_rescale ?? true) ? (c.rescale_factor ?? 1 / 255) : 1,
    normalise:
      (c.do_normalize ?? true)
        ? {
            mean: three(c.image_mean ?? own.mean),
            deviation: three(c.image_std ?? own.deviation),
          }
        : null,
  };
}

function classOf(type: string | null, family: string): keyof typeof CLASSES {
  const name =
    type?.replace(/(ImageProcessor|FeatureExtractor)(Fast|Pil)?$/, "") ?? OF_FAMILY[family];
  const classNames = Object.keys(CLASSES) as (keyof typeof CLASSES)[];
  const className = classNames.find((each) => each === name);
  if (className) return className;
  throw new InputError(
    "config",
    `images are prepared here as by ${classNames.map((each) => `${each}ImageProcessor`).join(", ")}; preprocessor_config.json ${type === null ? `names none, and ${family} is not known to mean one` : `names ${type}`}; give pixels in a .safetensors file`,
  );
}
