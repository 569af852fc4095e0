import { halfAt, IQ4_VALUES, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 256: scale d (half), two upper bits of the scales of 8 parts in two bytes, their lower four bits in four,
 * then four bits for each value, 16 low nibbles before the 16 high ones: value = d (scale - 32) IQ4_VALUES[q].
 */
export const iq4_XS: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 136, value += 256) {
    const scale = halfAt(blocks, at);
    for (let part = 0; part < 8; part++) {
      const low = (blocks[at + 4 + (part >> 1)]! >> ((part & 1) * 4)) & 15;
      const high = (blocks[at + 2 + (part >> 2)]! >> ((part & 3) * 2)) & 3;
      const partScale = scale * (low + (high << 4) - 32);
      for (let index = 0; index < 16; index++) {
        const pair = blocks[at + 8 + part * 16 + index]!;
        const to = value + part * 32 + index;
        values[to] = partScale * IQ4_VALUES[pair & 15]!;
        values[to + 16] = partScale * IQ4_VALUES[pair >> 4]!;
      }
    }
  }
};
