import { halfAt, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 256: 16 bytes of scale and minimum (four bits each) for 16 values each, 64 bytes of two-bit values, then
 * scale d and minimum m (halves): value = q (d scale) - m minimum.
 *
 * Each half of the block has 32 bytes; its first 32 values lie in their lowest two bits, the next 32 in the next two.
 */
export const q2_K: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 84, value += 256) {
    const scale = halfAt(blocks, at + 80);
    const minimum = halfAt(blocks, at + 82);
    for (let part = 0; part < 16; part++) {
      const partScale = (blocks[at + part]! & 15) * scale;
      const partMinimum = (blocks[at + part]! >> 4) * minimum;
      const from = at + 16 + (part >> 3) * 32 + (part & 1) * 16;
      const shift = part & 6;
      for (let index = 0; index < 16; index++) {
        const quantum = (blocks[from + index]! >> shift) & 3;
        values[value + part * 16 + index] = quantum * partScale - partMinimum;
      }
    }
  }
};
