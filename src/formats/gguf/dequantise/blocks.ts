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
  return HALVES[bytes[at]! | (bytes[at + 1]! << 8)]!;
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
