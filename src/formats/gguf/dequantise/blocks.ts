/**
 * @file What the dequantisers share. Each is bit for bit equal to the reference package `gguf` (gguf-py/gguf/quants.py),
 * which works in float32. The arithmetic here is float64, rounded once on being stored: that gives the same bits because
 * every product (a half has 11 bits, scales at most 7, quanta at most 5) is exact in float32 too, and of a sum the second
 * rounding does no harm.
 */

import { fromFloat16 } from "../../readTensor.ts";

/**
 * Decodes whole blocks of one type.
 *
 * @param blocks bytes of the blocks, one after another
 * @param values where the float32 values go: as many as the blocks have
 */
export type Dequantise = (blocks: Uint8Array, values: Float32Array) => void;

/** Every half-precision number by its bits: decoding one by arithmetic for each block takes longer than the block. */
const HALVES = fromFloat16(new Uint16Array(2 ** 16).map((_, bits) => bits));

/** The half-precision number whose two bytes, little endian, begin at `at`. */
export function halfAt(bytes: Uint8Array, at: number): number {
  return halfOf(bytes[at]! | (bytes[at + 1]! << 8));
}

/** The half-precision number of these 16 bits. */
export function halfOf(bits: number): number {
  return HALVES[bits]!;
}

/**
 * Six-bit scale of sub-block `index` (0 to 7) of Q4_K and Q5_K, from the 12 bytes at `at`: the first four lie in the low
 * bits of bytes 0-3; of the others, four bits lie in bytes 8-11 and the two highest in the top of bytes 0-3.
 */
export function scaleK(bytes: Uint8Array, at: number, index: number): number {
  if (index < 4) return bytes[at + index]! & 63;
  return (bytes[at + index + 4]! & 15) | ((bytes[at + index - 4]! >> 2) & 48);
}

/** Six-bit minimum of sub-block `index`, packed like `scaleK` with bytes 4-7 in place of 0-3 and high nibbles. */
export function minimumK(bytes: Uint8Array, at: number, index: number): number {
  if (index < 4) return bytes[at + index + 4]! & 63;
  return (bytes[at + index + 4]! >> 4) | ((bytes[at + index]! >> 2) & 48);
}

/** What the four bits of IQ4_NL and IQ4_XS stand for. */
export const IQ4_VALUES = [
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
] as const;

/** Numbers of four bits with one of mantissa (E2M1), doubled so that they are whole. */
export const FP4_DOUBLED = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12] as const;

/** The 32 bits, little endian, that begin at `at`. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Eight signs from seven bits: the eighth makes the number of minus signs even. */
export const SIGNS_OF_SEVEN = Uint8Array.from({ length: 128 }, (_, bits) => {
  let odd = 0;
  for (let bit = 0; bit < 7; bit++) odd ^= (bits >> bit) & 1;
  return bits | (odd << 7);
});

/** Rows of values that a code stands for. */
export interface Codebook {
  /** Row by row. */
  readonly values: Int8Array;
  /** Values in a row. */
  readonly width: number;
}

/** Row `code` of a codebook times `scale`, into `values` from `to` on; bit i of `signs` turns value i over. */
export function writeSigned(
  values: Float32Array,
  to: number,
  { values: book, width }: Codebook,
  code: number,
  signs: number,
  scale: number,
): void {
  for (let index = 0; index < width; index++) {
    const value = book[code * width + index]! * scale;
    values[to + index] = (signs >> index) & 1 ? -value : value;
  }
}
