import { halfAt, type Dequantise } from "./blocks.ts";

/** Blocks of 32: scale d (half), then a signed byte each: value = q d. */
export const q8_0: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 34, value += 32) {
    const scale = halfAt(blocks, at);
    for (let index = 0; index < 32; index++) {
      values[value + index] = ((blocks[at + 2 + index]! << 24) >> 24) * scale;
    }
  }
};
