/** @file Hides how a planted model was made: random bases of the stream and of heads, gains of norms, noise. */
import type { Random } from "../../base/random.ts";
import type { BareModel } from "./bareModel.ts";
import { product, transposeMatrix, zeros, type Matrix } from "./matrix.ts";
import { orthogonal } from "./orthogonal.ts";
import type { Plan } from "./plans.ts";
import type { WiredLayer } from "./wire.ts";

export interface Disguise {
  /** False: the bases of the construction. */
  readonly rotate: boolean;
  /** Standard deviation of what is added to each weight, as a share of 1 / sqrt(d_model). */
  readonly noise: number;
}

export interface Part {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by TransformerLens' names, `[head, d_model, d_head]` and so on. */
export type Parts = ReadonlyMap<string, Part>;

/** Without noise, and without a norm, the logits are those of the bare model. */
export function disguiseModel(
  bare: BareModel,
  plan: Plan,
  { rotate, noise }: Disguise,
  draw: Random,
): Map<string, Part> {
  const { dModel } = bare.stream;
  const mean = plan.norm?.startsWith("LN") ? new Float64Array(dModel).fill(1) : undefined;
  const basis = rotate || mean ? orthogonal(draw, dModel, mean) : null;
  const parts = new Map<string, Part>();
  const addTensor = (name: string, shape: readonly number[], ...matrices: readonly Matrix[]) => {
    const deviation = noise / Math.sqrt(dModel);
    const data = new Float32Array(matrices.reduce((sum, each) => sum + each.data.length, 0));
    let at = 0;
    for (const matrix of matrices)
      for (const value of matrix.data)
        data[at++] = noise > 0 ? value + deviation * draw.normal() : value;
    parts.set(name, { shape, data });
  };
  const wrote = (matrix: Matrix) => (basis ? product(matrix, basis) : matrix);
  const scaled = normOf(plan, dModel, draw, parts);
  const inBasis = (matrix: Matrix) => (basis ? rowsTurned(matrix, basis) : matrix);
  const read = (reads: Reads) => (matrix: Matrix) => rowsScaled(inBasis(matrix), reads);

  const first = scaled(null, bare.norms.ln1[0]!);
  addTensor("embed.W_E", [bare.embed.rows, dModel], wrote(bare.embed));
  if (bare.positions) {
    const { rows } = bare.positions;
    const places = wrote(bare.positions);
    const positions = plan.positions === "shortformer" ? times(places, 1 / first(0)) : places;
    addTensor("pos_embed.W_pos", [rows, dModel], positions);
  }
  bare.layers.forEach((layer, at) => {
    const { query, key, value, output } = innerTurned(layer, bare, rotate ? draw : null);
    const name = `blocks.${at}`;
    const reads =
      plan.positions === "shortformer" ? first : scaled(`${name}.ln1`, bare.norms.ln1[at]!);
    const { dHead } = bare.frame;
    addTensor(`${name}.attn.W_Q`, [query.length, dModel, dHead], ...query.map(read(reads)));
    addTensor(`${name}.attn.W_K`, [key.length, dModel, dHead], ...key.map(read(reads)));
    addTensor(`${name}.attn.W_V`, [value.length, dModel, dHead], ...value.map(read(reads)));
    addTensor(`${name}.attn.W_O`, [output.length, dHead, dModel], ...output.map(wrote));
    if (!layer.mlp) return;
    const inner = read(scaled(`${name}.ln2`, bare.norms.ln2[at]!));
    const hidden = layer.mlp.in.columns;
    if (layer.mlp.gate) addTensor(`${name}.mlp.W_gate`, [dModel, hidden], inner(layer.mlp.gate));
    addTensor(`${name}.mlp.W_in`, [dModel, hidden], inner(layer.mlp.in));
    addTensor(`${name}.mlp.W_out`, [hidden, dModel], wrote(layer.mlp.out));
  });
  const final = read(scaled("ln_final", bare.norms.final));
  addTensor("unembed.W_U", [dModel, bare.unembed.columns], final(bare.unembed));
  return parts;
}

/** What a row of a reading matrix is multiplied by, by entry of the stream. */
type Reads = (entry: number) => number;

/**
 * Undoes a norm: it divides by the length over sqrt(d_model), and multiplies by gains, which are random where the family
 * has them.
 */
function normOf({ norm, eps = 0 }: Plan, dModel: number, draw: Random, parts: Map<string, Part>) {
  return (at: string | null, length: number): Reads => {
    if (!norm) return () => 1;
    const scale = Math.sqrt(length ** 2 / dModel + eps);
    if (norm.endsWith("Pre") || at === null) return () => scale;
    const gains = Float32Array.from({ length: dModel }, () => 0.7 + 0.6 * draw.uniform());
    parts.set(`${at}.w`, { shape: [dModel], data: gains });
    return (entry) => scale / gains[entry]!;
  };
}

/** Queries with keys and values with outputs in a random basis each; rotary positions know the entries of queries and keys. */
function innerTurned(
  { query, key, value, output }: WiredLayer,
  { frame, rotation }: BareModel,
  draw: Random | null,
): WiredLayer {
  if (!draw) return { query, key, value, output };
  const group = query.length / key.length;
  const compared = key.map(() => (rotation ? null : orthogonal(draw, frame.dHead)));
  const carried = value.map(() => orthogonal(draw, frame.dHead));
  const turn = (matrix: Matrix, basis: Matrix | null | undefined) =>
    basis ? product(matrix, basis) : matrix;
  return {
    query: query.map((matrix, head) => turn(matrix, compared[Math.floor(head / group)])),
    key: key.map((matrix, at) => turn(matrix, compared[at])),
    value: value.map((matrix, at) => turn(matrix, carried[at])),
    output: output.map((matrix, head) =>
      product(transposeMatrix(carried[Math.floor(head / group)]!), matrix),
    ),
  };
}

/** R^T W, where rows of W that are 0 cost nothing. */
function rowsTurned(matrix: Matrix, basis: Matrix): Matrix {
  const { rows, columns, data } = matrix;
  const rotated = zeros(rows, columns);
  for (let entry = 0; entry < rows; entry++) {
    const from = data.subarray(entry * columns, (entry + 1) * columns);
    if (from.every((value) => value === 0)) continue;
    for (let to = 0; to < rows; to++) {
      const share = basis.data[entry * rows + to]!;
      const into = rotated.data.subarray(to * columns, (to + 1) * columns);
      for (let column = 0; column < columns; column++) into[column]! += share * from[column]!;
    }
  }
  return rotated;
}

function rowsScaled({ rows, columns, data }: Matrix, reads: Reads): Matrix {
  return { rows, columns, data: data.map((value, at) => value * reads(Math.floor(at / columns))) };
}

function times({ rows, columns, data }: Matrix, factor: number): Matrix {
  return { rows, columns, data: data.map((value) => factor * value) };
}
