/** @file Images whose patches repeat: the lower half of the rows of patches is the upper half again, of noise. */
import { InputError } from "../base/errors.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import type { Repeats } from "../measure/repeats.ts";
import type { ImageFacts } from "../models/family.ts";
import { noise } from "./noise.ts";

export interface ImageRows {
  /** [image, colour, row, column]: `r r` of patches, row by row. */
  readonly repeated: Tensor;
  /** The same images with noise of its own in the lower half: nothing repeats. */
  readonly control: Tensor;
  readonly repeats: Repeats;
}

/**
 * Normal noise, patch by patch; what is left beyond the two halves is noise in both.
 *
 * @throws {InputError} "study" for an image of fewer than two rows of patches, or whose halves have fewer than three patches;
 *   "range" for more pixels than fit into memory
 */
export function imageRows(image: ImageFacts, examples: number, seed: number): ImageRows {
  const { channels, size, patch, before } = image;
  const side = Math.floor(size / patch);
  const half = Math.floor(side / 2);
  const period = half * side;
  if (period < 3)
    throw new InputError(
      "study",
      `repeated patches need two halves of at least 3 patches, and this model sees ${side} x ${side} patches`,
    );
  const axes = ["batch", "channel", "row", "column"];
  const control = noise(axes, [examples, channels, size, size], seed);
  const repeated = control.data.slice();
  const area = half * patch * size; // pixels of a half, across the whole width
  for (let plane = 0; plane < examples * channels; plane++) {
    const first = plane * size * size;
    repeated.copyWithin(first + area, first, first + area);
  }
  return {
    repeated: tensor(axes, control.shape, repeated),
    control,
    repeats: { start: before, period, length: before + side * side },
  };
}
