/**
 * @file Models whose heads are written by hand in feature spaces that a random rotation hides. Shares nothing with src/bench/population
 * and src/models/planted, so that rules which fit those alone would fail here.
 */
import type { Random } from "../../../src/base/random.ts";
import { safetensorsBytes, type TensorToWrite } from "../../../src/formats/writeSafetensors.ts";
import { openBlobs } from "../../../src/models/openBlobs.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import type { VerdictResult } from "../../../src/index.ts";

export type Label = VerdictResult["heads"][number]["label"];
export type Matrix = Float64Array;

export const WIDTH = 48;
const CONTEXT = 130;
export const D_HEAD = 2 * WIDTH + 4;

export type Space = "token" | "position" | "previous" | "prediction" | "aside";
const USUAL: readonly Space[] = ["token", "position", "previous", "prediction"];

/** Where feature spaces begin in the stream; after them a constant and a mark of the first position. */
export interface Features {
  readonly at: Readonly<Record<Space, number>>;
  readonly one: number;
  readonly start: number;
  readonly size: number;
  readonly tokens: readonly Matrix[];
  /** Radians per position of each hand of the clock that a position is. */
  readonly frequencies: readonly number[];
  readonly basis: readonly Matrix[];
}

/** A head in feature space: queries and keys [stream, D_HEAD], values likewise, output [D_HEAD, stream]. */
export interface Head {
  readonly label: Label;
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly o: Matrix;
}

/** What is read in one space is written into another, through ReLUs of both signs. */
export interface Mlp {
  readonly from: Space;
  readonly to: Space;
  readonly strength: number;
}

export interface FeatureModel {
  /** [layer][head], as many in each layer. */
  readonly heads: readonly (readonly Head[])[];
  /** [layer]; left out: no MLPs. */
  readonly mlps?: readonly (Mlp | null)[] | undefined;
  /** RMS norms whose gains lie apart by this factor; left out: no norms. */
  readonly gainSpread?: number | undefined;
}

export function drawFeatures(
  draw: Random,
  vocabulary: number,
  extra: readonly Space[] = [],
): Features {
  const tokens = Array.from({ length: vocabulary }, () => direction(draw));
  const frequencies = Array.from({ length: WIDTH / 2 }, () => Math.PI * draw.uniform());
  const spaces = [...USUAL, ...extra];
  const at = Object.fromEntries(spaces.map((space, index) => [space, index * WIDTH]));
  const one = spaces.length * WIDTH;
  const size = one + 8;
  const places = { at: at as Features["at"], one, start: one + 1, size };
  return { ...places, tokens, frequencies, basis: orthogonal(draw, size) };
}

/** @param noise of every weight, in units of 1 / sqrt(stream) */
export async function openFeatureModel(
  features: Features,
  { heads, mlps, gainSpread }: FeatureModel,
  { id, noise, draw }: { readonly id: string; readonly noise: number; readonly draw: Random },
): Promise<LoadedModel> {
  const { tokens, one, start, size, frequencies } = features;
  const tensors: TensorToWrite[] = [];
  const addTensor = (name: string, shape: number[], data: Float32Array) =>
    tensors.push({ name, shape, data });
  const rows = (some: readonly Matrix[]) => {
    const data = new Float32Array(some.length * size);
    some.forEach((feature, row) => data.set(rotated(feature, features), row * size));
    return data;
  };
  const noisy = (data: Float32Array) =>
    data.map((value) => value + (noise * draw.normal()) / Math.sqrt(size));
  const norms = normsOf(gainSpread, size, draw);
  const embedded = tokens.map((token) => placeFeature(features, "token", token));
  for (const vector of embedded) vector[one] = 1;
  addTensor("embed.W_E", [tokens.length, size], rows(embedded));
  const positions = Array.from({ length: CONTEXT }, (_, t) =>
    placeFeature(features, "position", clock(frequencies, t)),
  );
  positions[0]![start] = 1;
  addTensor("pos_embed.W_pos", [CONTEXT, size], rows(positions));
  const columns = rows(tokens.map((token) => placeFeature(features, "prediction", token)));
  addTensor(
    "unembed.W_U",
    [size, tokens.length],
    norms.unembed(transposed(columns, tokens.length)),
  );
  addTensor("unembed.b_U", [tokens.length], new Float32Array(tokens.length));
  const addNorm = (name: string) => norms.gains && addTensor(name, [size], norms.gains);
  heads.forEach((layerHeads, layer) => {
    const name = (part: string) => `blocks.${layer}.attn.${part}`;
    const count = layerHeads.length;
    const spread = (of: (head: Head) => Float32Array) => {
      const data = new Float32Array(count * size * D_HEAD);
      layerHeads.forEach((head, index) => data.set(of(head), index * size * D_HEAD));
      return noisy(data);
    };
    for (const part of ["q", "k", "v"] as const) {
      const letter = part.toUpperCase();
      const data = spread((head) => reading(head[part], features, D_HEAD));
      addTensor(name(`W_${letter}`), [count, size, D_HEAD], norms.read(data, D_HEAD));
      addTensor(name(`b_${letter}`), [count, D_HEAD], new Float32Array(count * D_HEAD));
    }
    const output = spread((head) => writing(head.o, features));
    addTensor(name("W_O"), [count, D_HEAD, size], output);
    addTensor(name("b_O"), [size], new Float32Array(size));
    addNorm(`blocks.${layer}.ln1.w`);
    if (!mlps) return;
    const { read, write } = mlpMatrices(features, mlps[layer]!);
    const part = (of: string) => `blocks.${layer}.mlp.${of}`;
    addTensor(part("W_in"), [size, UNITS], norms.read(read, UNITS));
    addTensor(part("b_in"), [UNITS], new Float32Array(UNITS));
    addTensor(part("W_out"), [UNITS, size], write);
    addTensor(part("b_out"), [size], new Float32Array(size));
    addNorm(`blocks.${layer}.ln2.w`);
  });
  addNorm("ln_final.w");
  const config = {
    format: "transformer_lens",
    n_layers: heads.length,
    d_model: size,
    n_heads: heads[0]!.length,
    d_head: D_HEAD,
    n_ctx: CONTEXT,
    d_vocab: tokens.length,
    attn_only: mlps === undefined,
    ...(mlps && { d_mlp: UNITS, act_fn: "relu" }),
    normalization_type: gainSpread === undefined ? null : "RMS",
    positional_embedding_type: "standard",
    use_attn_scale: false,
  };
  const files = [
    { name: "config.json", blob: new Blob([JSON.stringify(config)]) },
    { name: "model.safetensors", blob: new Blob([safetensorsBytes(tensors) as BlobPart]) },
  ];
  return openBlobs(files, { id });
}

/** Squares of the features that a position has: token, position, constant, what came before. */
const USUAL_SQUARES = 4;
/** Logits of a copy with all of a stream's size: normed features have no more than the square root of the squares. */
const NORMED_LOGITS = 6;

/** Gains from 1 / sqrt(spread) to sqrt(spread); what reads undoes them, and the usual size. */
function normsOf(spread: number | undefined, size: number, draw: Random) {
  if (spread === undefined) {
    const same = (data: Float32Array) => data;
    return { gains: null, read: same, unembed: same };
  }
  const gains = Float32Array.from({ length: size }, () => spread ** (draw.uniform() - 0.5));
  const usual = Math.sqrt(USUAL_SQUARES / size);
  const read = (data: Float32Array, columns: number) =>
    data.map((value, at) => (usual * value) / gains[Math.floor(at / columns) % size]!);
  const unembed = (data: Float32Array) =>
    read(data, data.length / size).map((value) => NORMED_LOGITS * value);
  return { gains, read, unembed };
}

const UNITS = 2 * WIDTH;

function mlpMatrices(features: Features, mlp: Mlp | null) {
  const { at, size } = features;
  const into = new Float64Array(size * UNITS);
  const out = new Float64Array(UNITS * size);
  if (mlp)
    for (let entry = 0; entry < WIDTH; entry++)
      [1, -1].forEach((sign, half) => {
        const unit = half * WIDTH + entry;
        into[(at[mlp.from] + entry) * UNITS + unit] = sign;
        out[unit * size + at[mlp.to] + entry] = sign * mlp.strength;
      });
  return { read: reading(into, features, UNITS), write: writing(out, features) };
}

/** The parts of heads, each added to what a head has already. */
export function headParts(features: Features) {
  const { at, one, start, size, frequencies } = features;
  const eye = (matrix: Matrix, space: Space, column: number, scale: number): void => {
    for (let entry = 0; entry < WIDTH; entry++)
      matrix[(at[space] + entry) * D_HEAD + column + entry]! += scale;
  };
  const parts = {
    eye,
    blank(label: Label): Head {
      const reads = () => new Float64Array(size * D_HEAD);
      return { label, q: reads(), k: reads(), v: reads(), o: new Float64Array(D_HEAD * size) };
    },

    /** Queries ask for the key that holds the current token as what came before it. */
    match(head: Head, sharpness: number): Head {
      eye(head.q, "token", 0, sharpness);
      eye(head.k, "previous", 0, 1);
      return head;
    },

    /** Queries ask for the current token itself, elsewhere than where they stand. */
    same(head: Head, sharpness: number): Head {
      eye(head.q, "token", 0, sharpness);
      eye(head.k, "token", 0, 1);
      return parts.rest(parts.distance(head, 0, -sharpness), 6);
    },

    /** Queries ask for the position `back` before their own, or before the position that `from` holds. */
    distance(head: Head, back: number, sharpness: number, from: Space = "position"): Head {
      frequencies.forEach((frequency, pair) => {
        const [cos, sin] = [Math.cos(frequency * back), Math.sin(frequency * back)];
        const [x, y] = [at[from] + 2 * pair, at[from] + 2 * pair + 1];
        const [keyX, keyY] = [at.position + 2 * pair, at.position + 2 * pair + 1];
        const column = WIDTH + 2 * pair;
        head.q[x * D_HEAD + column]! += sharpness * cos;
        head.q[y * D_HEAD + column]! += sharpness * sin;
        head.q[x * D_HEAD + column + 1]! -= sharpness * sin;
        head.q[y * D_HEAD + column + 1]! += sharpness * cos;
        head.k[keyX * D_HEAD + column] = 1;
        head.k[keyY * D_HEAD + column + 1] = 1;
      });
      return head;
    },

    /** The first position scores `score` for every query. */
    rest(head: Head, score: number): Head {
      head.q[one * D_HEAD + 2 * WIDTH] = score;
      head.k[start * D_HEAD + 2 * WIDTH] = 1;
      return head;
    },

    /** What is looked at, some of its entries, is written where `to` is read. */
    write(
      head: Head,
      to: Space,
      strength: number,
      { from = "token", entries = [0, WIDTH] }: { from?: Space; entries?: [number, number] } = {},
    ): Head {
      eye(head.v, from, 0, 1);
      for (let entry = entries[0]; entry < entries[1]; entry++)
        head.o[entry * size + at[to] + entry]! += strength;
      return head;
    },

    /** A random map of what is looked at is written where predictions are read. */
    scramble(head: Head, draw: Random): Head {
      eye(head.v, "token", 0, 1);
      for (let from = 0; from < WIDTH; from++)
        for (let to = 0; to < WIDTH; to++)
          head.o[from * size + at.prediction + to]! += (1.5 * draw.normal()) / Math.sqrt(WIDTH);
      return head;
    },
  };
  return parts;
}

function placeFeature({ at, size }: Features, space: Space, values: Matrix): Matrix {
  const row = new Float64Array(size);
  row.set(values, at[space]);
  return row;
}

/** Hands of clocks that turn at these speeds, of length 1 together. */
function clock(frequencies: readonly number[], time: number): Matrix {
  const size = 1 / Math.sqrt(frequencies.length);
  const hands = frequencies.flatMap((frequency) => [
    size * Math.cos(frequency * time),
    size * Math.sin(frequency * time),
  ]);
  return Float64Array.from(hands);
}

/** Features as a row of the stream: sum over f of values[f] basis[f]. */
function rotated(values: Matrix, { basis, size }: Features): Float32Array {
  const row = new Float32Array(size);
  values.forEach((value, feature) => {
    if (value !== 0)
      basis[feature]!.forEach((coordinate, entry) => (row[entry]! += value * coordinate));
  });
  return row;
}

/** [feature, column] as [stream, column]. */
function reading(matrix: Matrix, { basis, size }: Features, columns: number): Float32Array {
  const data = new Float32Array(size * columns);
  matrix.forEach((value, index) => {
    if (value === 0) return;
    const [feature, column] = [Math.floor(index / columns), index % columns];
    basis[feature]!.forEach(
      (coordinate, entry) => (data[entry * columns + column]! += value * coordinate),
    );
  });
  return data;
}

/** [row, feature] as [row, stream]. */
function writing(matrix: Matrix, features: Features): Float32Array {
  const { size } = features;
  const data = new Float32Array(matrix.length);
  for (let row = 0; row < matrix.length / size; row++)
    data.set(rotated(matrix.subarray(row * size, (row + 1) * size), features), row * size);
  return data;
}

function transposed(rows: Float32Array, count: number): Float32Array {
  return new Float32Array(rows.length).map((_, index) => {
    const [entry, row] = [Math.floor(index / count), index % count];
    return rows[row * (rows.length / count) + entry]!;
  });
}

function direction(draw: Random): Matrix {
  const values = Float64Array.from({ length: WIDTH }, () => draw.normal());
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/** Rows of unit length at right angles to each other, drawn evenly (Gram and Schmidt). */
function orthogonal(draw: Random, size: number): Matrix[] {
  const rows: Matrix[] = [];
  for (let index = 0; index < size; index++) {
    const row = Float64Array.from({ length: size }, () => draw.normal());
    for (const before of rows) {
      const share = before.reduce((sum, value, entry) => sum + value * row[entry]!, 0);
      before.forEach((value, entry) => (row[entry]! -= share * value));
    }
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  return rows;
}
