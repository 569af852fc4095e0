import type { Ramp } from "induction-lens/report";
import type { Pattern } from "./pattern.ts";

/** One pixel for each cell; what no query may see has no colour. */
export function drawPattern(
  canvas: HTMLCanvasElement,
  { length, keys, bound, weight }: Pattern,
  ramp: Ramp,
): void {
  const context = canvas.getContext("2d")!;
  const width = keys ?? length;
  const image = context.createImageData(width, length);
  const colours = Array.from({ length: 256 }, (_, step) => ramp(step / 255));
  for (let query = 0; query < length; query++)
    for (let key = 0; key < (keys ?? query + 1); key++) {
      const [red, green, blue] = colours[Math.round((255 * weight(query, key)) / bound)]!;
      const at = 4 * (query * width + key);
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255;
    }
  context.putImageData(image, 0, 0);
}
