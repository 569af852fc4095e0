/** @file What norms do to directions, up to their scale: gains and centring, as columns of a matrix that reads or writes the stream. */
import type { Backend } from "../base/backend.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { builder } from "../graph/builder.ts";
import { slice } from "../graph/edits/slice.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import { isMissing, requirePart, type NormAnatomy } from "../models/anatomy/programAnatomy.ts";
import type { Model } from "../models/family.ts";
import { prepare } from "../runtime/prepare.ts";

/** A norm without its scale, which is positive and turns nothing. */
export interface NormGain {
  readonly center: boolean;
  /** [entry]; null: 1 */
  readonly gain: ArrayLike<number> | null;
}

export interface NormReader {
  /** The norm that a layer's heads read through; null where there is none. */
  attention(layer: number): NormGain | null;
  /** The norm after a layer's attention; null where there is none. */
  after(layer: number): NormGain | null;
  /** The final norm; null where there is none. */
  readonly end: NormGain | null;
}

/** @throws {InputError} "study" for a model whose end is not known */
export async function normReader(
  { program, architecture }: Pick<Model, "program" | "architecture">,
  backend: Backend,
): Promise<NormReader> {
  const { layers, end } = anatomy(program, architecture);
  const before = layers.map(({ attention }) => attention.norm);
  const after = layers.map(({ attention: { passage } }) =>
    isMissing(passage) ? null : passage.norm,
  );
  const final = requirePart(end).norm;
  const norms = [...before, ...after, final];
  const names = [...new Set(norms.flatMap((norm) => norm?.gain ?? []))];
  const b = builder(program);
  const outputs = names.map((name) => b.op("rename", [name], { names: {} }, `gain.${name}`));
  const gains = new Map<string, Float32Array>();
  if (outputs.length > 0) {
    const session = await prepare(slice(b.program(outputs, program.limits), { outputs }), backend);
    const trace = await session.run(new Map()).finally(() => session.close());
    names.forEach((name) => gains.set(name, trace.get(`gain.${name}`)!.data));
  }
  const gainOf = (norm: NormAnatomy | null): NormGain | null =>
    norm && { center: norm.center, gain: norm.gain === null ? null : gains.get(norm.gain)! };
  return {
    attention: (layer) => gainOf(before[layer]!),
    after: (layer) => gainOf(after[layer]!),
    end: gainOf(final),
  };
}

/**
 * A matrix that reads normed streams as one that reads them before the norm, up to the scale: (x - mean x) g . m =
 * x . (g m - mean of g m).
 *
 * @param matrix [head, d_model, d_head]
 */
export function readThrough(matrix: Tensor, norm: NormGain | null): Tensor {
  return norm ? mapColumns(matrix, (column) => lessMean(timesGain(column, norm), norm)) : matrix;
}

/**
 * A matrix whose writes go through a norm, up to the scale: g (w - mean w).
 *
 * @param matrix [head, d_model, d_head]
 */
export function writeThrough(matrix: Tensor, norm: NormGain | null): Tensor {
  return norm ? mapColumns(matrix, (column) => timesGain(lessMean(column, norm), norm)) : matrix;
}

function timesGain(column: Float64Array, { gain }: NormGain): Float64Array {
  return gain ? column.map((value, row) => value * gain[row]!) : column;
}

function lessMean(column: Float64Array, { center }: NormGain): Float64Array {
  if (!center) return column;
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  return column.map((value) => value - mean);
}

/** Each column of d_model entries by itself. */
function mapColumns(
  { axes, shape, data }: Tensor,
  of: (column: Float64Array) => Float64Array,
): Tensor {
  const [heads, width, size] = shape as readonly [number, number, number];
  const all = new Float32Array(data.length);
  for (let head = 0; head < heads; head++)
    for (let entry = 0; entry < size; entry++) {
      const at = (row: number) => (head * width + row) * size + entry;
      const column = Float64Array.from({ length: width }, (_, row) => data[at(row)]!);
      of(column).forEach((value, row) => (all[at(row)] = value));
    }
  return tensor(axes, shape, all);
}
