import { tensor, type Tensor } from "../base/tensor.ts";
import type { OutputLengths } from "./outputLengths.ts";

/**
 * The mean output of each head, as long as the head's own: z'[row, position, head] = mean[position, head] times
 * |z W_O| / |mean W_O|. What a norm divides by stays as it was, so what is lost with it is content and not size. Where the
 * mean is nothing it stays nothing.
 *
 * @param z outputs of some rows, [rows, position, head, d_head]
 * @param mean [1, position, head, d_head]
 */
export async function sizedMean(
  lengths: OutputLengths,
  layer: number,
  z: Tensor,
  mean: Tensor,
): Promise<Tensor> {
  const own = await lengths.of(layer, z);
  const { data: ofMean } = await lengths.of(layer, mean);
  const size = z.shape.at(-1)!;
  const data = new Float32Array(z.data.length);
  own.data.forEach((length, at) => {
    const place = at % ofMean.length;
    const factor = ofMean[place]! > 0 ? length / ofMean[place]! : 1;
    for (let index = 0; index < size; index++)
      data[at * size + index] = factor * mean.data[place * size + index]!;
  });
  return tensor(z.axes, z.shape, data);
}
