import { halfAt, type Dequantise } from "./blocks.ts";

/** Blocks of 32: scale d and minimum m (halves), 32 fifth bits, then the low four bits as in Q4_0: value = q d + m. */
export const q5_1: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 24, value += 32) {
    const scale = halfAt(blocks, at);
    const minimum = halfAt(blocks, at + 2);
    for (let index = 0; index < 16; index++) {
      const pair = blocks[at + 8 + index]!;
      const fifth = blocks[at + 4 + (index >> 3)]! >> (index & 7);
      const fifthAbove = blocks[at + 6 + (index >> 3)]! >> (index & 7);
      const low = (pair & 15) + ((fifth & 1) << 4);
      const high = (pair >> 4) + ((fifthAbove & 1) << 4);
      values[value + index] = low * scale + minimum;
      values[value + index + 16] = high * scale + minimum;
    }
  }
};
