/** @file Hides how a planted model was made: its residual stream in a random basis, noise on every weight. */
import type { Weights } from "../../../base/bytes.ts";
import type { Random } from "../../../base/random.ts";
import { stored } from "../circuit.ts";
import { orthogonal } from "./orthogonal.ts";

export interface Disguise {
  /** False: the basis of the construction. */
  readonly rotate: boolean;
  /** Standard deviation of what is added to each weight, as a share of 1 / sqrt(d_model). */
  readonly noise: number;
}

/** Matrices whose rows, and whose columns, are the residual stream. */
const READS = /(W_Q|W_K|W_V|W_U)$/;
const WRITES = /(W_E|W_pos|W_O|b_O)$/;

/** The weights in a random orthogonal basis with noise. Without noise the logits are those of `weights`. */
export async function disguise(
  weights: Weights,
  { rotate, noise }: Disguise,
  draw: Random,
): Promise<Weights> {
  const dModel = weights.get("embed.W_E")!.shape[1]!;
  const basis = rotate ? orthogonal(draw, dModel) : null;
  const parts = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, { source, offset, sizeBytes, shape }] of weights) {
    const bytes = await source.read(offset, sizeBytes);
    let data = new Float32Array(bytes.slice().buffer);
    if (basis && WRITES.test(name)) data = columnsTurned(data, basis);
    if (basis && READS.test(name)) data = rowsTurned(data, basis, shape.at(-1)!);
    const deviation = noise / Math.sqrt(dModel);
    if (noise > 0) data = data.map((value) => value + deviation * draw.normal());
    parts.set(name, { shape, data });
  }
  return stored(parts);
}

/** x -> x R for each row of d_model entries. */
function columnsTurned(
  data: Float32Array,
  basis: readonly Float64Array[],
): Float32Array<ArrayBuffer> {
  const dModel = basis.length;
  const turned = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += dModel) {
    for (let entry = 0; entry < dModel; entry++) {
      const value = data[start + entry]!;
      if (value === 0) continue;
      const row = basis[entry]!;
      for (let to = 0; to < dModel; to++) turned[start + to]! += value * row[to]!;
    }
  }
  return turned;
}

/** W -> R^T W for each matrix [d_model, columns]. */
function rowsTurned(
  data: Float32Array,
  basis: readonly Float64Array[],
  columns: number,
): Float32Array<ArrayBuffer> {
  const dModel = basis.length;
  const turned = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += dModel * columns) {
    for (let entry = 0; entry < dModel; entry++) {
      const from = data.subarray(start + entry * columns, start + (entry + 1) * columns);
      if (from.every((value) => value === 0)) continue;
      for (let to = 0; to < dModel; to++) {
        const share = basis[entry]![to]!;
        const at = start + to * columns;
        for (let column = 0; column < columns; column++)
          turned[at + column]! += share * from[column]!;
      }
    }
  }
  return turned;
}
