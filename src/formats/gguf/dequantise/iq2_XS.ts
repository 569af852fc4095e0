import { halfAt, SIGNS_OF_SEVEN, writeSigned, type Dequantise } from "./blocks.ts";
import { IQ2_XS } from "./codebooks.ts";

/**
 * Blocks of 256: scale d (half), 16 bits for each 8 values (nine of a code, seven of signs), then four bits of scale for
 * each 16 values: value = sign d (1/2 + scale) / 4 IQ2_XS[code].
 */
export const iq2_XS: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 74, value += 256) {
    const scale = halfAt(blocks, at);
    for (let group = 0; group < 32; group++) {
      const bits = blocks[at + 2 + group * 2]! | (blocks[at + 3 + group * 2]! << 8);
      const groupScale = (blocks[at + 66 + (group >> 2)]! >> ((group & 2) * 2)) & 15;
      const signs = SIGNS_OF_SEVEN[bits >> 9]!;
      const to = value + group * 8;
      writeSigned(values, to, IQ2_XS, bits & 511, signs, scale * (0.5 + groupScale) * 0.25);
    }
  }
};
