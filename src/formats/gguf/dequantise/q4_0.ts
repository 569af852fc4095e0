import { halfAt, type Dequantise } from "./blocks.ts";

/** Blocks of 32: scale d (half), then four bits each, low nibbles before high ones: value = (q - 8) d. */
export const q4_0: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 18, value += 32) {
    const scale = halfAt(blocks, at);
    for (let index = 0; index < 16; index++) {
      const pair = blocks[at + 2 + index]!;
      values[value + index] = ((pair & 15) - 8) * scale;
      values[value + index + 16] = ((pair >> 4) - 8) * scale;
    }
  }
};
