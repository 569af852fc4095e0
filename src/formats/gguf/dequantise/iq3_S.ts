import { halfAt, writeSigned, type Dequantise } from "./blocks.ts";
import { IQ3_S } from "./codebooks.ts";

/**
 * Blocks of 256: scale d (half), 64 bytes of the lower eight bits of codes for 4 values each, 8 bytes of their ninth
 * bits, 32 bytes of signs, then four bits of scale for each 32 values: value = sign d (1 + 2 scale) IQ3_S[code].
 */
export const iq3_S: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 110, value += 256) {
    const scale = halfAt(blocks, at);
    for (let group = 0; group < 64; group++) {
      const ninth = (blocks[at + 66 + (group >> 3)]! >> (group & 7)) & 1;
      const code = blocks[at + 2 + group]! | (ninth << 8);
      const signs = blocks[at + 74 + (group >> 1)]! >> ((group & 1) * 4);
      const part = group >> 3;
      const partScale = (blocks[at + 106 + (part >> 1)]! >> ((part & 1) * 4)) & 15;
      writeSigned(values, value + group * 4, IQ3_S, code, signs, scale * (1 + 2 * partScale));
    }
  }
};
