import { halfAt, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 256: 128 bytes of the low four bits, 64 bytes of the upper two, 16 signed scales for 16 values each, scale
 * d (half): value = (q - 32) (d scale).
 *
 * Each half of the block has 64 bytes of nibbles (its first 64 values lie in the low ones) and 32 bytes of upper bits
 * (its first 32 values lie in the lowest two).
 */
export const q6_K: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 210, value += 256) {
    const scale = halfAt(blocks, at + 208);
    for (let part = 0; part < 16; part++) {
      const partScale = ((blocks[at + 192 + part]! << 24) >> 24) * scale;
      const low = at + (part >> 3) * 64 + (part & 3) * 16;
      const high = at + 128 + (part >> 3) * 32 + (part & 1) * 16;
      const lowShift = part & 4;
      const highShift = part & 6;
      for (let index = 0; index < 16; index++) {
        const nibble = (blocks[low + index]! >> lowShift) & 15;
        const upper = (blocks[high + index]! >> highShift) & 3;
        values[value + part * 16 + index] = (nibble + (upper << 4) - 32) * partScale;
      }
    }
  }
};
