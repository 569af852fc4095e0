import { halfAt, type Dequantise } from "./blocks.ts";

/** Blocks of 256: two bits each, 32 bytes for 128 values (bits 0-1 for the first 32), scale d (half): value = (q - 1) d. */
export const tq2_0: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 66, value += 256) {
    const scale = halfAt(blocks, at + 64);
    for (let index = 0; index < 256; index++) {
      const byte = blocks[at + (index >> 7) * 32 + (index & 31)]!;
      values[value + index] = (((byte >> ((index >> 4) & 6)) & 3) - 1) * scale;
    }
  }
};
