/** @file What a model reads as a small picture: its colours stretched to the full range, since nothing says how they were normalised. */
import type { Tensor } from "../../base/tensor.ts";
import type { ImageResult } from "./result.ts";

/** Pixels of the longer side: a Result with a picture stays small. */
const MOST = 112;

/** @param pixels [1, colour, row, column]; the first three colours are shown, one as grey */
export async function thumbnail(pixels: Tensor): Promise<ImageResult["image"]["thumbnail"]> {
  const [, channels, rows, columns] = pixels.shape as [number, number, number, number];
  const [low, high] = pixels.data.reduce(
    ([least, most], value) => [Math.min(least!, value), Math.max(most!, value)],
    [Infinity, -Infinity],
  ) as [number, number];
  const step = Math.max(1, Math.ceil(Math.max(rows, columns) / MOST));
  const [width, height] = [Math.ceil(columns / step), Math.ceil(rows / step)];
  const data = new Uint8Array(3 * width * height);
  for (let place = 0; place < width * height; place++) {
    const [row, column] = [step * Math.floor(place / width), step * (place % width)];
    for (let colour = 0; colour < 3; colour++) {
      const plane = Math.min(colour, channels - 1) * rows * columns;
      const value = pixels.data[plane + row * columns + column]!;
      data[3 * place + colour] = high > low ? (255 * (value - low)) / (high - low) : 0;
    }
  }
  const { encode } = await import("fast-png");
  return { width, height, png: base64(encode({ width, height, data, channels: 3, depth: 8 })) };
}

function base64(bytes: Uint8Array): string {
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}
