/**
 * @file Attention-only models with heads put in on purpose, as TransformerLens weights made from code.
 *
 * The residual stream has four blocks: the token, its position, the token before, and what to predict. Tokens and
 * positions are random directions, so matches are not perfect, as in a trained model. `rest` is a last direction that
 * only the first position has: heads with nothing to find look there.
 */
import { random, type Random } from "../../base/random.ts";
import { sizeOf } from "../../base/tensor.ts";
import { weightsInMemory } from "./tensorParts.ts";

/** A matrix by rows. */
type Matrix = Float32Array[];

export interface CircuitSizes {
  readonly vocabulary: number;
  readonly contextLength: number;
  /** Entries of each block; even. A head has 2 * width + 1. */
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly seed: number;
}

/** What a head reads and writes: where its queries and keys come from, how sharply, and what it copies where. */
export interface PlantedHead {
  readonly layer: number;
  readonly head: number;
  readonly query: Block;
  readonly key: Block;
  /** Score of a perfect match. */
  readonly sharpness: number;
  /** Queries look for their position less this. */
  readonly shift?: number | undefined;
  /** Score of the first position for every query. */
  readonly rest?: number | undefined;
  /** Taken off the score of the current token itself. */
  readonly avoidSelf?: number | undefined;
  readonly copies?: { readonly from: Block; readonly to: Block; readonly strength: number };
}

export type Block = "token" | "position" | "previous" | "prediction";
const BLOCKS: readonly Block[] = ["token", "position", "previous", "prediction"];

/** BOS carries no token, so that a head that rests on it copies nothing. */
export const PLANTED_BOS = 0;

/** The checkpoint of a model with these heads; all other heads are noise. Same sizes and seed, same bytes. */
export function plantedCheckpoint(sizes: CircuitSizes, planted: readonly PlantedHead[]) {
  const { vocabulary, contextLength, width, heads, layers, seed } = sizes;
  const draw = random(seed);
  const [dModel, dHead] = [BLOCKS.length * width + 1, 2 * width + 1];
  const tokens = directions(draw, vocabulary, width);
  tokens[PLANTED_BOS]!.fill(0);
  const frequencies = Array.from({ length: width / 2 }, () => Math.PI * draw.uniform());
  const parts = new Map<string, { shape: number[]; data: Float32Array }>();
  const addTensor = (
    name: string,
    shape: number[],
    fill: (data: Float32Array) => void = () => undefined,
  ) => {
    const data = new Float32Array(sizeOf(shape));
    fill(data);
    parts.set(name, { shape, data });
  };
  const into =
    (data: Float32Array, columns: number) => (row: number, column: number, value: number) => {
      data[row * columns + column] = value;
    };
  addTensor("embed.W_E", [vocabulary, dModel], (data) =>
    copyRows(tokens, into(data, dModel), offsetOf("token", width)),
  );
  addTensor("pos_embed.W_pos", [contextLength, dModel], (data) => {
    copyRows(
      positions(frequencies, contextLength),
      into(data, dModel),
      offsetOf("position", width),
    );
    data[dModel - 1] = 1; // the rest direction of position 0
  });
  for (let layer = 0; layer < layers; layer++) {
    for (const matrix of ["W_Q", "W_K", "W_V"])
      addTensor(`blocks.${layer}.attn.${matrix}`, [heads, dModel, dHead], noise(draw));
    addTensor(`blocks.${layer}.attn.W_O`, [heads, dHead, dModel], noise(draw));
    for (const bias of ["b_Q", "b_K", "b_V"])
      addTensor(`blocks.${layer}.attn.${bias}`, [heads, dHead]);
    addTensor(`blocks.${layer}.attn.b_O`, [dModel]);
  }
  addTensor("unembed.W_U", [dModel, vocabulary], (data) => {
    const at = into(data, vocabulary);
    tokens.forEach((direction, token) =>
      direction.forEach((value, entry) => at(offsetOf("prediction", width) + entry, token, value)),
    );
  });
  addTensor("unembed.b_U", [vocabulary]);
  for (const head of planted) plant(parts, head, { width, dModel, dHead, frequencies });
  return { config: configOf(sizes, dModel, dHead), weights: weightsInMemory(parts) };
}

function configOf(
  { vocabulary, contextLength, heads, layers }: CircuitSizes,
  dModel: number,
  dHead: number,
) {
  return {
    format: "transformer_lens",
    n_layers: layers,
    d_model: dModel,
    n_heads: heads,
    d_head: dHead,
    n_ctx: contextLength,
    d_vocab: vocabulary,
    attn_only: true,
    normalization_type: null,
    positional_embedding_type: "standard",
    use_attn_scale: false,
    bos_token_id: PLANTED_BOS,
  };
}

/**
 * One head. The first `width` entries of its queries and keys match the blocks, the next `width` take off the score of
 * the query's own position (avoidSelf), the last is what every query looks for: the first position (rest).
 */
function plant(
  parts: ReadonlyMap<string, { readonly data: Float32Array }>,
  { layer, head, query, key, sharpness, shift = 0, rest = 0, avoidSelf = 0, copies }: PlantedHead,
  {
    width,
    dModel,
    dHead,
    frequencies,
  }: { width: number; dModel: number; dHead: number; frequencies: readonly number[] },
): void {
  const part = (name: string, size: number) =>
    parts
      .get(`blocks.${layer}.attn.${name}`)!
      .data.subarray(head * size, (head + 1) * size)
      .fill(0);
  const [W_Q, W_K, W_V, W_O] = ["W_Q", "W_K", "W_V", "W_O"].map((name) =>
    part(name, dModel * dHead),
  );
  const connect = (W: Float32Array, block: Block, from: number, strength: number) => {
    for (let entry = 0; entry < width; entry++)
      W[(offsetOf(block, width) + entry) * dHead + from + entry] = strength;
  };
  connect(W_K!, key, 0, 1);
  if (shift === 0) connect(W_Q!, query, 0, sharpness);
  else turnBack(W_Q!, offsetOf(query, width), dHead, frequencies, shift, sharpness);
  connect(W_K!, "position", width, 1);
  connect(W_Q!, "position", width, -avoidSelf);
  part("b_Q", dHead)[dHead - 1] = 1;
  W_K![(dModel - 1) * dHead + dHead - 1] = rest;
  if (!copies) return;
  connect(W_V!, copies.from, 0, 1);
  for (let entry = 0; entry < width; entry++)
    W_O![entry * dModel + offsetOf(copies.to, width) + entry] = copies.strength;
}

/** Positions are (cos, sin) pairs, so a shift is a rotation of each pair. */
function turnBack(
  W: Float32Array,
  offset: number,
  dHead: number,
  frequencies: readonly number[],
  shift: number,
  sharpness: number,
): void {
  frequencies.forEach((frequency, pair) => {
    const [cos, sin] = [Math.cos(frequency * shift), Math.sin(frequency * shift)];
    const [a, b] = [2 * pair, 2 * pair + 1];
    W[(offset + a) * dHead + a] = sharpness * cos;
    W[(offset + b) * dHead + a] = sharpness * sin;
    W[(offset + a) * dHead + b] = -sharpness * sin;
    W[(offset + b) * dHead + b] = sharpness * cos;
  });
}

function offsetOf(block: Block, width: number): number {
  return BLOCKS.indexOf(block) * width;
}

/** Random unit vectors. */
function directions(draw: Random, count: number, width: number): Matrix {
  return Array.from({ length: count }, () => {
    const row = Float32Array.from({ length: width }, () => draw.normal());
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
}

/** Unit vectors whose product depends on the distance of two positions only and is 1 at distance 0. */
function positions(frequencies: readonly number[], count: number): Matrix {
  const scale = 1 / Math.sqrt(frequencies.length);
  return Array.from({ length: count }, (_, position) =>
    Float32Array.from(
      frequencies.flatMap((frequency) => [
        scale * Math.cos(frequency * position),
        scale * Math.sin(frequency * position),
      ]),
    ),
  );
}

function copyRows(
  rows: Matrix,
  at: (row: number, column: number, value: number) => void,
  offset: number,
): void {
  rows.forEach((values, row) => values.forEach((value, column) => at(row, offset + column, value)));
}

function noise(draw: Random): (data: Float32Array) => void {
  return (data) => {
    for (let index = 0; index < data.length; index++) data[index] = 0.02 * draw.normal();
  };
}
