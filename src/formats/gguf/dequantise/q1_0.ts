import { halfAt, type Dequantise } from "./blocks.ts";

/** Blocks of 128: scale d (half), then a bit each, lowest first: value = d for 1, -d for 0. */
export const q1_0: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 18, value += 128) {
    const scale = halfAt(blocks, at);
    for (let index = 0; index < 128; index++) {
      const bit = (blocks[at + 2 + (index >> 3)]! >> (index & 7)) & 1;
      values[value + index] = bit === 1 ? scale : -scale;
    }
  }
};
