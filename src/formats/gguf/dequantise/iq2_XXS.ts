import { halfAt, SIGNS_OF_SEVEN, wordAt, writeSigned, type Dequantise } from "./blocks.ts";
import { IQ2_XXS } from "./codebooks.ts";

/**
 * Blocks of 256: scale d (half), then for each part of 32 values four codes of a byte and a word of 32 bits: four times
 * seven bits of signs, and four bits of scale: value = sign d (1/2 + scale) / 4 IQ2_XXS[code].
 */
export const iq2_XXS: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 66, value += 256) {
    const scale = halfAt(blocks, at);
    for (let part = 0; part < 8; part++) {
      const from = at + 2 + part * 8;
      const word = wordAt(blocks, from + 4);
      const partScale = scale * (0.5 + (word >>> 28)) * 0.25;
      for (let group = 0; group < 4; group++) {
        const signs = SIGNS_OF_SEVEN[(word >>> (7 * group)) & 127]!;
        const to = value + part * 32 + group * 8;
        writeSigned(values, to, IQ2_XXS, blocks[from + group]!, signs, partScale);
      }
    }
  }
};
