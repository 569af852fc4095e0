import { halfAt, SIGNS_OF_SEVEN, wordAt, writeSigned, type Dequantise } from "./blocks.ts";
import { IQ3_XXS } from "./codebooks.ts";

/**
 * Blocks of 256: scale d (half), a code of a byte for each 4 values, then for each 32 values a word of 32 bits: four times
 * seven bits of signs for 8 values, and four bits of scale: value = sign d (1/2 + scale) / 2 IQ3_XXS[code].
 */
export const iq3_XXS: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 98, value += 256) {
    const scale = halfAt(blocks, at);
    for (let part = 0; part < 8; part++) {
      const word = wordAt(blocks, at + 66 + part * 4);
      const partScale = scale * (0.5 + (word >>> 28)) * 0.5;
      for (let group = 0; group < 8; group++) {
        const signs = SIGNS_OF_SEVEN[(word >>> (7 * (group >> 1))) & 127]! >> ((group & 1) * 4);
        const code = blocks[at + 2 + part * 8 + group]!;
        writeSigned(values, value + part * 32 + group * 4, IQ3_XXS, code, signs, partScale);
      }
    }
  }
};
