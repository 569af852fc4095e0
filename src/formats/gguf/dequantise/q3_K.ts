import { halfAt, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 256: 32 bytes of third bits, 64 bytes of the lower two (laid out as in Q2_K), 16 six-bit scales in 12 bytes,
 * scale d (half): value = (q - 4) (d (scale - 32)), q with its third bit.
 */
export const q3_K: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 110, value += 256) {
    const scale = halfAt(blocks, at + 108);
    for (let part = 0; part < 16; part++) {
      const partScale = (scaleOf(blocks, at + 96, part) - 32) * scale;
      const from = at + 32 + (part >> 3) * 32 + (part & 1) * 16;
      const third = at + (part & 1) * 16;
      for (let index = 0; index < 16; index++) {
        const low = (blocks[from + index]! >> (part & 6)) & 3;
        const high = (blocks[third + index]! >> (part >> 1)) & 1;
        values[value + part * 16 + index] = (low + (high << 2) - 4) * partScale;
      }
    }
  }
};

/** Low four bits in the nibbles of bytes 0-7, the two highest in bytes 8-11, four parts to a byte. */
function scaleOf(bytes: Uint8Array, at: number, part: number): number {
  const low = (bytes[at + (part & 7)]! >> ((part >> 3) << 2)) & 15;
  const high = (bytes[at + 8 + (part & 3)]! >> ((part >> 2) << 1)) & 3;
  return low | (high << 4);
}
