/**
 * @file A second construction of models whose heads are known, which shares nothing with src/models/planted: attention only, no
 * norm, four feature spaces in a random rotation of the stream, heads of any sharpness, what they leave of their attention
 * spread evenly or on the first token. Rules that fit the planted population alone would fail here.
 */
import { random, type Random } from "../../../src/base/random.ts";
import { safetensorsBytes, type TensorToWrite } from "../../../src/formats/writeSafetensors.ts";
import { openBlobs } from "../../../src/models/openBlobs.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import type { VerdictResult } from "../../../src/index.ts";

export type Label = VerdictResult["heads"][number]["label"];

export interface RotatedModel {
  readonly model: LoadedModel;
  /** [layer][head] */
  readonly labels: readonly (readonly Label[])[];
}

const [WIDTH, HEADS, CONTEXT] = [48, 6, 130] as const;
/** Where the feature spaces begin; after them a constant and a mark of the first position. */
const AT = { token: 0, position: WIDTH, previous: 2 * WIDTH, prediction: 3 * WIDTH } as const;
const [ONE, START, STREAM] = [4 * WIDTH, 4 * WIDTH + 1, 4 * WIDTH + 8] as const;
const D_HEAD = 2 * WIDTH + 4;

type Space = keyof typeof AT;
type Matrix = Float64Array;

/** A head in feature space: queries and keys [STREAM, D_HEAD], values likewise, output [D_HEAD, STREAM]. */
interface Head {
  readonly label: Label;
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly o: Matrix;
}

/** @param noise of every weight, in units of 1 / sqrt(stream) */
export async function rotatedModel(seed: number, noise: number): Promise<RotatedModel> {
  const draw = random(seed, 91);
  const vocabulary = [80, 150, 300][seed % 3]!;
  const layers = 2 + (seed % 2);
  const tokens = Array.from({ length: vocabulary }, () => direction(draw));
  const frequencies = Array.from({ length: WIDTH / 2 }, () => Math.PI * draw.uniform());
  const basis = orthogonal(draw);
  const heads = Array.from({ length: layers }, (_, layer) =>
    draw.shuffled(layer === 0 ? firstLayer(draw, frequencies) : laterLayer(draw, frequencies)),
  );
  const tensors: TensorToWrite[] = [];
  const addTensor = (name: string, shape: number[], data: Float32Array) =>
    tensors.push({ name, shape, data });
  const rows = (features: readonly Matrix[]) => {
    const data = new Float32Array(features.length * STREAM);
    features.forEach((feature, row) => data.set(rotated(feature, basis), row * STREAM));
    return data;
  };
  const embedded = tokens.map((token) => placeFeature("token", token));
  for (const vector of embedded) vector[ONE] = 1;
  addTensor("embed.W_E", [vocabulary, STREAM], rows(embedded));
  const positions = Array.from({ length: CONTEXT }, (_, t) =>
    placeFeature("position", clock(frequencies, t)),
  );
  positions[0]![START] = 1;
  addTensor("pos_embed.W_pos", [CONTEXT, STREAM], rows(positions));
  const columns = rows(tokens.map((token) => placeFeature("prediction", token)));
  addTensor("unembed.W_U", [STREAM, vocabulary], transposed(columns, vocabulary));
  addTensor("unembed.b_U", [vocabulary], new Float32Array(vocabulary));
  heads.forEach((layerHeads, layer) => {
    const name = (part: string) => `blocks.${layer}.attn.${part}`;
    const spread = (of: (head: Head) => Float32Array) => {
      const data = new Float32Array(HEADS * STREAM * D_HEAD);
      layerHeads.forEach((head, index) => data.set(of(head), index * STREAM * D_HEAD));
      return data.map((value) => value + (noise * draw.normal()) / Math.sqrt(STREAM));
    };
    for (const part of ["q", "k", "v"] as const) {
      const shape = [HEADS, STREAM, D_HEAD];
      addTensor(
        name(`W_${part.toUpperCase()}`),
        shape,
        spread((head) => reading(head[part], basis)),
      );
      addTensor(name(`b_${part.toUpperCase()}`), [HEADS, D_HEAD], new Float32Array(HEADS * D_HEAD));
    }
    addTensor(
      name("W_O"),
      [HEADS, D_HEAD, STREAM],
      spread((head) => writing(head.o, basis)),
    );
    addTensor(name("b_O"), [STREAM], new Float32Array(STREAM));
  });
  const config = {
    format: "transformer_lens",
    n_layers: layers,
    d_model: STREAM,
    n_heads: HEADS,
    d_head: D_HEAD,
    n_ctx: CONTEXT,
    d_vocab: vocabulary,
    attn_only: true,
    normalization_type: null,
    positional_embedding_type: "standard",
    use_attn_scale: false,
  };
  const files = [
    { name: "config.json", blob: new Blob([JSON.stringify(config)]) },
    { name: "model.safetensors", blob: new Blob([safetensorsBytes(tensors) as BlobPart]) },
  ];
  const model = await openBlobs(files, { id: `rotated ${seed}` });
  return { model, labels: heads.map((layerHeads) => layerHeads.map(({ label }) => label)) };
}

function firstLayer(draw: Random, frequencies: readonly number[]): Head[] {
  const heads = [
    write(distance(blank("previous-token"), frequencies, 1, 14), "previous", 1),
    same(blank("duplicate-token"), frequencies, 16),
    distance(blank("current-token"), frequencies, 0, 10),
    rest(blank("first-token"), 8),
  ];
  while (heads.length < HEADS) {
    const positional = distance(blank("positional"), frequencies, draw.integer(3, 25), 14);
    const copies = draw.uniform() < 0.5 ? 0.5 : 0;
    heads.push(draw.uniform() < 0.5 ? blank("other") : write(positional, "prediction", copies));
  }
  return heads;
}

function laterLayer(draw: Random, frequencies: readonly number[]): Head[] {
  return Array.from({ length: HEADS }, () => {
    const which = draw.uniform();
    const sharpness = 4 + 10 * draw.uniform();
    const strength = 0.4 * 30 ** draw.uniform();
    const leftOver = draw.uniform() < 0.5 ? 0.75 * Math.min(sharpness, 9) : 0;
    const matching = (label: Label, sharp: number) => rest(match(blank(label), sharp), leftOver);
    if (which < 0.45) return write(matching("induction", sharpness), "prediction", strength);
    const clear = sharpness + 4; // it is to attend like induction, whatever it writes
    if (which < 0.55) return scramble(matching("attends-without-copying", clear), draw);
    if (which < 0.65) return matching("attends-without-copying", clear);
    if (which < 0.75)
      return write(matching("anti-induction", clear), "prediction", -0.5 - strength / 2);
    if (which < 0.85) return distance(blank("previous-token"), frequencies, 1, 14);
    return blank("other");
  });
}

function blank(label: Label): Head {
  const reads = () => new Float64Array(STREAM * D_HEAD);
  return { label, q: reads(), k: reads(), v: reads(), o: new Float64Array(D_HEAD * STREAM) };
}

/** Queries ask for the key that holds the current token as what came before it. */
function match(head: Head, sharpness: number): Head {
  eye(head.q, "token", 0, sharpness);
  eye(head.k, "previous", 0, 1);
  return head;
}

/** Queries ask for the current token itself, elsewhere than where they stand. */
function same(head: Head, frequencies: readonly number[], sharpness: number): Head {
  eye(head.q, "token", 0, sharpness);
  eye(head.k, "token", 0, 1);
  return rest(distance(head, frequencies, 0, -sharpness), 6);
}

/** Queries ask for the position `back` before their own. */
function distance(
  head: Head,
  frequencies: readonly number[],
  back: number,
  sharpness: number,
): Head {
  frequencies.forEach((frequency, pair) => {
    const [cos, sin] = [Math.cos(frequency * back), Math.sin(frequency * back)];
    const [x, y] = [AT.position + 2 * pair, AT.position + 2 * pair + 1];
    const column = WIDTH + 2 * pair;
    head.q[x * D_HEAD + column]! += sharpness * cos;
    head.q[y * D_HEAD + column]! += sharpness * sin;
    head.q[x * D_HEAD + column + 1]! -= sharpness * sin;
    head.q[y * D_HEAD + column + 1]! += sharpness * cos;
    head.k[x * D_HEAD + column] = 1;
    head.k[y * D_HEAD + column + 1] = 1;
  });
  return head;
}

/** The first position scores `score` for every query. */
function rest(head: Head, score: number): Head {
  head.q[ONE * D_HEAD + 2 * WIDTH] = score;
  head.k[START * D_HEAD + 2 * WIDTH] = 1;
  return head;
}

/** What is looked at is written where `to` is read. */
function write(head: Head, to: Space, strength: number): Head {
  eye(head.v, "token", 0, 1);
  for (let entry = 0; entry < WIDTH; entry++) head.o[entry * STREAM + AT[to] + entry]! += strength;
  return head;
}

/** A random map of what is looked at is written where predictions are read. */
function scramble(head: Head, draw: Random): Head {
  eye(head.v, "token", 0, 1);
  for (let from = 0; from < WIDTH; from++)
    for (let to = 0; to < WIDTH; to++)
      head.o[from * STREAM + AT.prediction + to]! += (1.5 * draw.normal()) / Math.sqrt(WIDTH);
  return head;
}

function eye(matrix: Matrix, space: Space, column: number, scale: number): void {
  for (let entry = 0; entry < WIDTH; entry++)
    matrix[(AT[space] + entry) * D_HEAD + column + entry]! += scale;
}

function placeFeature(space: Space, values: Matrix): Matrix {
  const features = new Float64Array(STREAM);
  features.set(values, AT[space]);
  return features;
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

/** Features as a row of the stream: sum over f of features[f] basis[f]. */
function rotated(features: Matrix, basis: readonly Matrix[]): Float32Array {
  const row = new Float32Array(STREAM);
  features.forEach((value, feature) => {
    if (value !== 0)
      basis[feature]!.forEach((coordinate, entry) => (row[entry]! += value * coordinate));
  });
  return row;
}

/** [feature, column] as [stream, column]. */
function reading(matrix: Matrix, basis: readonly Matrix[]): Float32Array {
  const data = new Float32Array(STREAM * D_HEAD);
  matrix.forEach((value, index) => {
    if (value === 0) return;
    const [feature, column] = [Math.floor(index / D_HEAD), index % D_HEAD];
    basis[feature]!.forEach(
      (coordinate, entry) => (data[entry * D_HEAD + column]! += value * coordinate),
    );
  });
  return data;
}

/** [row, feature] as [row, stream]. */
function writing(matrix: Matrix, basis: readonly Matrix[]): Float32Array {
  const data = new Float32Array(D_HEAD * STREAM);
  for (let row = 0; row < D_HEAD; row++)
    data.set(rotated(matrix.subarray(row * STREAM, (row + 1) * STREAM), basis), row * STREAM);
  return data;
}

function transposed(rows: Float32Array, count: number): Float32Array {
  return new Float32Array(rows.length).map((_, index) => {
    const [entry, row] = [Math.floor(index / count), index % count];
    return rows[row * STREAM + entry]!;
  });
}

function direction(draw: Random): Matrix {
  const values = Float64Array.from({ length: WIDTH }, () => draw.normal());
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/** Rows of unit length at right angles to each other, drawn evenly (Gram and Schmidt). */
function orthogonal(draw: Random): Matrix[] {
  const rows: Matrix[] = [];
  for (let index = 0; index < STREAM; index++) {
    const row = Float64Array.from({ length: STREAM }, () => draw.normal());
    for (const before of rows) {
      const share = before.reduce((sum, value, entry) => sum + value * row[entry]!, 0);
      before.forEach((value, entry) => (row[entry]! -= share * value));
    }
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  return rows;
}
