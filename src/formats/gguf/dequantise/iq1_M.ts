import { halfOf, type Dequantise } from "./blocks.ts";
import { IQ1 } from "./codebooks.ts";

/**
 * Blocks of 256: 32 bytes of the lower eight bits of codes for 8 values each, four bits for each: the code's upper three
 * and the sign of an eighth; then four times 16 bits: three bits of scale for each 16 values, and in the top four bits a
 * quarter of d (half): value = d (1 + 2 scale) (IQ1[code] +- 1/8).
 */
export const iq1_M: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 56, value += 256) {
    const wordOf = (index: number) =>
      blocks[at + 48 + index * 2]! | (blocks[at + 49 + index * 2]! << 8);
    const words = [wordOf(0), wordOf(1), wordOf(2), wordOf(3)] as const;
    const scale = halfOf(
      (words[0] >> 12) |
        ((words[1] >> 12) << 4) |
        ((words[2] >> 12) << 8) |
        ((words[3] >> 12) << 12),
    );
    for (let group = 0; group < 32; group++) {
      const high = (blocks[at + 32 + (group >> 1)]! >> ((group & 1) * 4)) & 15;
      const code = blocks[at + group]! | ((high & 7) << 8);
      const pair = group >> 1; // 16 values have one scale
      const groupScale = scale * (1 + 2 * ((words[pair >> 2]! >> (3 * (pair & 3))) & 7));
      const shift = high & 8 ? -0.125 : 0.125;
      for (let index = 0; index < 8; index++) {
        values[value + group * 8 + index] = groupScale * (IQ1.values[code * 8 + index]! + shift);
      }
    }
  }
};
