import { FP4_DOUBLED, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 32: an exponent e (one byte, biased by 127), then four bits each, low nibbles before high ones:
 * value = 2^(e - 128) FP4_DOUBLED[q].
 */
export const mxfp4: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 17, value += 32) {
    const scale = 2 ** (blocks[at]! - 128);
    for (let index = 0; index < 16; index++) {
      const pair = blocks[at + 1 + index]!;
      values[value + index] = scale * FP4_DOUBLED[pair & 15]!;
      values[value + index + 16] = scale * FP4_DOUBLED[pair >> 4]!;
    }
  }
};
