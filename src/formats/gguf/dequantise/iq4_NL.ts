import { halfAt, IQ4_VALUES, type Dequantise } from "./blocks.ts";

/** Blocks of 32: scale d (half), then four bits each, low nibbles before high ones: value = d IQ4_VALUES[q]. */
export const iq4_NL: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 18, value += 32) {
    const scale = halfAt(blocks, at);
    for (let index = 0; index < 16; index++) {
      const pair = blocks[at + 2 + index]!;
      values[value + index] = scale * IQ4_VALUES[pair & 15]!;
      values[value + index + 16] = scale * IQ4_VALUES[pair >> 4]!;
    }
  }
};
