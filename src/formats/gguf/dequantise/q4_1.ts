import { halfAt, type Dequantise } from "./blocks.ts";

/** Blocks of 32: scale d and minimum m (halves), then four bits each, low nibbles before high ones: value = q d + m. */
export const q4_1: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 20, value += 32) {
    const scale = halfAt(blocks, at);
    const minimum = halfAt(blocks, at + 2);
    for (let index = 0; index < 16; index++) {
      const pair = blocks[at + 4 + index]!;
      values[value + index] = (pair & 15) * scale + minimum;
      values[value + index + 16] = (pair >> 4) * scale + minimum;
    }
  }
};
