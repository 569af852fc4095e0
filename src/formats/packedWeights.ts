/**
 * @file Weights stored in 8 or 4 bits with scales, as float32 that is computed when it is read: FP8 and INT8 with scales per
 * tensor, row or block, and MLX's groups. Nothing is rounded: a value is what the format says, in float32.
 */
import type { StoredTensor } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import type { Checkpoint, PackedTensor } from "./checkpoint.ts";
import { computedTensor } from "./computedTensor.ts";
import { readTensor } from "./readTensor.ts";

/** A checkpoint whose packed weights are decoded, and what they were, in words; `form` is null if there were none. */
export interface UnpackedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly form: string | null;
}

/** Sizes of MLX's groups, for the weight called `name`. */
export type GroupSizes = (name: string) => { readonly groupSize: number; readonly bits: number };

/**
 * Weights of the types F8_E4M3 and I8 that have `_scale` or `_scale_inv` beside them.
 *
 * With w the stored value of row o and column i, the weight is w * scale[o / rows, i / columns], where a block has so many
 * rows and columns; a scale per tensor is one block, a scale per row has blocks of one row.
 *
 * @param block rows and columns of a block where the configuration gives them; else it follows from the sizes
 * @throws {InputError} "weights" for scales that do not fit
 */
export async function unpackedEights(
  checkpoint: Checkpoint,
  block: readonly [number, number] | null,
): Promise<UnpackedCheckpoint> {
  const weights = new Map(checkpoint.weights);
  const unsupported = new Map(checkpoint.unsupported);
  const forms = new Set<string>();
  for (const [name, packed] of checkpoint.packed ?? []) {
    const table = TABLES[packed.dtype];
    const scaleName = [`${name}_scale_inv`, `${name}_scale`].find((each) => weights.has(each));
    if (!table || scaleName === undefined || packed.shape.length !== 2) continue;
    const scales = weights.get(scaleName)!;
    weights.set(name, decodedEights(name, packed, table, { scales, scaleName, block }));
    unsupported.delete(name);
    weights.delete(scaleName);
    for (const more of ["input_scale", "activation_scale"])
      weights.delete(name.replace(/weight$/, more));
    forms.add(packed.dtype);
  }
  if (forms.size > 0)
    for (const name of weights.keys()) if (CACHE_SCALE.test(name)) weights.delete(name);
  const form = forms.size > 0 ? `${[...forms].join(" and ")} with scales` : null;
  return { checkpoint: { ...checkpoint, weights, unsupported }, form };
}

/** How far to round keys and values that servers keep; nothing is rounded here. */
const CACHE_SCALE = /\.[qkv]_(proj\.output_)?scale$|\.[kv]_proj\.[kv]_scale$/;

const TABLES: Readonly<Record<string, Float32Array | undefined>> = {
  F8_E4M3: Float32Array.from({ length: 256 }, (_, bits) => ofE4m3(bits)),
  I8: Float32Array.from({ length: 256 }, (_, bits) => (bits << 24) >> 24),
};

/** Four bits of exponent with bias 7, three of fraction, no infinities. */
function ofE4m3(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 3) & 15, bits & 7];
  if (exponent === 15 && fraction === 7) return Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7));
}

function decodedEights(
  name: string,
  { shape, source, offset }: PackedTensor,
  table: Float32Array,
  {
    scales,
    scaleName,
    block,
  }: {
    readonly scales: StoredTensor;
    readonly scaleName: string;
    readonly block: readonly [number, number] | null;
  },
): StoredTensor {
  const [rows, columns] = shape as readonly [number, number];
  const [high = 1, wide = 1] = scales.shape;
  const [blockRows, blockColumns] =
    high * wide === 1
      ? [rows, columns]
      : wide === 1 && high === rows
        ? [1, columns]
        : (block ?? [rows / high, columns / wide]);
  if (Math.ceil(rows / blockRows) !== high || Math.ceil(columns / blockColumns) !== wide)
    throw new InputError(
      "weights",
      `${name} of ${rows} x ${columns} needs a scale per tensor, row or block${block ? ` of ${block.join(" x ")}` : ""}, ${scaleName} has ${scales.shape.join(" x ")}`,
    );
  let values: Promise<Float32Array> | undefined;
  return computedTensor(source.name, shape, async (first, into) => {
    const scale = await (values ??= readTensor(scales));
    const bytes = await source.read(offset + first, into.length);
    for (const [index, bits] of bytes.entries()) {
      const [row, column] = [Math.floor((first + index) / columns), (first + index) % columns];
      const at = Math.floor(row / blockRows) * wide + Math.floor(column / blockColumns);
      into[index] = table[bits]! * scale[at]!;
    }
  });
}

/**
 * MLX's affine groups: `NAME.weight` of type U32 with `NAME.scales` and `NAME.biases`.
 *
 * With q the bits of row o and column i, lowest bits first, the weight is scales[o, g] * q + biases[o, g], g = i / groupSize.
 *
 * @throws {InputError} "weights" for bits that do not fill words, and sizes that do not fit
 */
export async function unpackedGroups(
  checkpoint: Checkpoint,
  sizes: GroupSizes,
): Promise<UnpackedCheckpoint> {
  const weights = new Map(checkpoint.weights);
  const unsupported = new Map(checkpoint.unsupported);
  const forms = new Set<string>();
  for (const [name, packed] of checkpoint.packed ?? []) {
    const lead = name.replace(/weight$/, "");
    const [scales, biases] = [weights.get(`${lead}scales`), weights.get(`${lead}biases`)];
    if (packed.dtype !== "U32" || !scales || !biases) continue;
    const { groupSize, bits } = sizes(lead.replace(/\.$/, ""));
    weights.set(name, decodedGroups(name, packed, { scales, biases, groupSize, bits }));
    unsupported.delete(name);
    for (const part of ["scales", "biases"]) weights.delete(lead + part);
    forms.add(`${bits} bits in groups of ${groupSize}`);
  }
  const form = forms.size > 0 ? `MLX's ${[...forms].sort().join(" and ")}` : null;
  return { checkpoint: { ...checkpoint, weights, unsupported }, form };
}

function decodedGroups(
  name: string,
  { shape, source, offset }: PackedTensor,
  {
    scales,
    biases,
    groupSize,
    bits,
  }: {
    readonly scales: StoredTensor;
    readonly biases: StoredTensor;
    readonly groupSize: number;
    readonly bits: number;
  },
): StoredTensor {
  const [rows = 0, words = 0] = shape;
  const perByte = 8 / bits;
  const columns = words * 4 * perByte;
  const groups = columns / groupSize;
  const fits = [scales, biases].every((each) => each.shape.join() === `${rows},${groups}`);
  if (![2, 4, 8].includes(bits) || shape.length !== 2 || !fits)
    throw new InputError(
      "weights",
      `${name} needs 2, 4 or 8 bits and ${rows} x ${groups} scales and biases, got ${bits} bits and ${scales.shape.join(" x ")}`,
    );
  let values: Promise<readonly Float32Array[]> | undefined;
  return computedTensor(source.name, [rows, columns], async (first, into) => {
    const [scale, bias] = await (values ??= Promise.all([scales, biases].map(readTensor)));
    const start = Math.floor(first / perByte);
    const bytes = await source.read(
      offset + start,
      Math.ceil((first + into.length) / perByte) - start,
    );
    for (let index = 0; index < into.length; index++) {
      const at = first + index;
      const byte = bytes[Math.floor(at / perByte) - start]!;
      const value = (byte >> ((at % perByte) * bits)) & (2 ** bits - 1);
      const group = Math.floor(at / groupSize); // columns are whole groups
      into[index] = scale![group]! * value + bias![group]!;
    }
  });
}
