import { halfAt, writeSigned, type Dequantise } from "./blocks.ts";
import { IQ2_S } from "./codebooks.ts";

/**
 * Blocks of 256: scale d (half), 32 bytes of the lower eight bits of codes and 32 of signs, one each for 8 values, 8 bytes
 * of the codes' upper two bits, then four bits of scale for each 16 values: value = sign d (1/2 + scale) / 4 IQ2_S[code].
 */
export const iq2_S: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 82, value += 256) {
    const scale = halfAt(blocks, at);
    for (let group = 0; group < 32; group++) {
      const high = (blocks[at + 66 + (group >> 2)]! >> ((group & 3) * 2)) & 3;
      const code = blocks[at + 2 + group]! | (high << 8);
      const groupScale = (blocks[at + 74 + (group >> 2)]! >> ((group & 2) * 2)) & 15;
      const signs = blocks[at + 34 + group]!;
      const to = value + group * 8;
      writeSigned(values, to, IQ2_S, code, signs, scale * (0.5 + groupScale) * 0.25);
    }
  }
};
