/** @file Images as a model reads them: resized, cropped, scaled and normalised as its files say. */
import type { Numbers } from "../modelInputs.ts";
import type { Picture } from "./picture.ts";
import type { ImageSettings, ImageSize } from "./imageSettings.ts";
import { resample } from "./resample.ts";

/** [1, colour, row, column] of one image. */
export function pixelsOf(image: Picture, settings: ImageSettings): Numbers {
  const { resize, crop } = settings;
  const resized = resize ? resample(image, sizeFor(image, resize.size), resize.by) : image;
  const cut = crop ? cropCentre(resized, crop) : resized;
  return normalisePixels(cut, settings);
}

/** Its own sides where both are given; else the shorter becomes the one, and the longer follows, cut to whole pixels. */
function sizeFor({ width, height }: Picture, size: ImageSize): Pick<Picture, "width" | "height"> {
  if (!("shortest" in size)) return size;
  const { shortest } = size;
  const [short, long] = width <= height ? [width, height] : [height, width];
  const other = Math.trunc((shortest * long) / short);
  return width <= height ? { width: shortest, height: other } : { width: other, height: shortest };
}

/** The middle of an image, with black around it where it is smaller. */
function cropCentre(image: Picture, { width, height }: Pick<Picture, "width" | "height">): Picture {
  const top = offset(image.height, height);
  const left = offset(image.width, width);
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [y, x] = [row + top, column + left];
      if (y < 0 || y >= image.height || x < 0 || x >= image.width) continue;
      const from = 3 * (y * image.width + x);
      data.set(image.data.subarray(from, from + 3), 3 * (row * width + column));
    }
  }
  return { width, height, data };
}

/** Where the cut begins in the image; below 0 where the image is smaller. */
function offset(size: number, target: number): number {
  const first = Math.floor((size - target) / 2);
  const padding = Math.ceil((Math.max(size, target) - size) / 2);
  return Math.max(0, first + padding) - padding;
}

function normalisePixels(
  { width, height, data }: Picture,
  { factor, normalise }: ImageSettings,
): Numbers {
  const area = width * height;
  const values = new Float32Array(3 * area);
  for (let colour = 0; colour < 3; colour++) {
    const [mean, deviation] = normalise
      ? [normalise.mean[colour]!, normalise.deviation[colour]!]
      : [0, 1];
    for (let pixel = 0; pixel < area; pixel++)
      values[colour * area + pixel] = (data[3 * pixel + colour]! * factor - mean) / deviation;
  }
  return { shape: [1, 3, height, width], data: values };
}
