import { halfAt, type Dequantise } from "./blocks.ts";

/** Blocks of 32: scale d (half), 32 fifth bits, then the low four bits as in Q4_0: value = (q - 16) d. */
export const q5_0: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 22, value += 32) {
    const scale = halfAt(blocks, at);
    for (let index = 0; index < 16; index++) {
      const pair = blocks[at + 6 + index]!;
      const fifth = blocks[at + 2 + (index >> 3)]! >> (index & 7);
      const fifthAbove = blocks[at + 4 + (index >> 3)]! >> (index & 7);
      values[value + index] = ((pair & 15) + ((fifth & 1) << 4) - 16) * scale;
      values[value + index + 16] = ((pair >> 4) + ((fifthAbove & 1) << 4) - 16) * scale;
    }
  }
};
