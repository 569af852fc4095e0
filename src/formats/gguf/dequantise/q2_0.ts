import { halfAt, type Dequantise } from "./blocks.ts";

/** Blocks of 64: scale d (half), then two bits each, lowest first: value = (q - 1) d. */
export const q2_0: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 18, value += 64) {
    const scale = halfAt(blocks, at);
    for (let index = 0; index < 64; index++) {
      const quantum = (blocks[at + 2 + (index >> 2)]! >> ((index & 3) * 2)) & 3;
      values[value + index] = (quantum - 1) * scale;
    }
  }
};
