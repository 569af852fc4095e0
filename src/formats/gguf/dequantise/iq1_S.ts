import { halfAt, type Dequantise } from "./blocks.ts";
import { IQ1 } from "./codebooks.ts";

/**
 * Blocks of 256: scale d (half), 32 bytes of the lower eight bits of codes for 8 values each, then 16 bits for each 32
 * values: four times the codes' upper three bits, three of scale, one for the sign of an eighth:
 * value = d (1 + 2 scale) (IQ1[code] +- 1/8).
 */
export const iq1_S: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 50, value += 256) {
    const scale = halfAt(blocks, at);
    for (let group = 0; group < 32; group++) {
      const from = at + 34 + (group >> 2) * 2;
      const bits = blocks[from]! | (blocks[from + 1]! << 8);
      const code = blocks[at + 2 + group]! | (((bits >> (3 * (group & 3))) & 7) << 8);
      const partScale = scale * (1 + 2 * ((bits >> 12) & 7));
      const shift = bits & 0x8000 ? -0.125 : 0.125;
      for (let index = 0; index < 8; index++) {
        values[value + group * 8 + index] = partScale * (IQ1.values[code * 8 + index]! + shift);
      }
    }
  }
};
