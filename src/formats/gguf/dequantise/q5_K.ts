import { halfAt, minimumK, scaleK, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 256: as Q4_K, with 32 bytes of fifth bits before the nibbles: bit `part` of byte `index` belongs to value
 * `index` of part `part`. value = q (d scale) - m minimum.
 */
export const q5_K: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 176, value += 256) {
    const scale = halfAt(blocks, at);
    const minimum = halfAt(blocks, at + 2);
    for (let part = 0; part < 8; part++) {
      const partScale = scaleK(blocks, at + 4, part) * scale;
      const partMinimum = minimumK(blocks, at + 4, part) * minimum;
      const from = at + 48 + (part >> 1) * 32;
      const shift = (part & 1) * 4;
      for (let index = 0; index < 32; index++) {
        const low = (blocks[from + index]! >> shift) & 15;
        const fifth = (blocks[at + 16 + index]! >> part) & 1;
        values[value + part * 32 + index] = (low + (fifth << 4)) * partScale - partMinimum;
      }
    }
  }
};
