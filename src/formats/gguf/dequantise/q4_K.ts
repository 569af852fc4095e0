import { halfAt, minimumK, scaleK, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 256: scale d and minimum m (halves), 12 bytes of six-bit scales and minima for 32 values each, then four
 * bits each, 32 low nibbles before the 32 high ones: value = q (d scale) - m minimum.
 */
export const q4_K: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 144, value += 256) {
    const scale = halfAt(blocks, at);
    const minimum = halfAt(blocks, at + 2);
    for (let part = 0; part < 8; part++) {
      const partScale = scaleK(blocks, at + 4, part) * scale;
      const partMinimum = minimumK(blocks, at + 4, part) * minimum;
      const from = at + 16 + (part >> 1) * 32;
      const shift = (part & 1) * 4;
      for (let index = 0; index < 32; index++) {
        const quantum = (blocks[from + index]! >> shift) & 15;
        values[value + part * 32 + index] = quantum * partScale - partMinimum;
      }
    }
  }
};
