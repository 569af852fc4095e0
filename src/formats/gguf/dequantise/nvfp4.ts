import { FP4_DOUBLED, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 64: a scale of four bits of exponent and three of mantissa for each of four parts, then four bits for each
 * value, eight low nibbles before the eight high ones: value = scale / 2 FP4_DOUBLED[q].
 */
export const nvfp4: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 36, value += 64) {
    for (let part = 0; part < 4; part++) {
      const scale = halfScale(blocks[at + part]!);
      for (let index = 0; index < 8; index++) {
        const pair = blocks[at + 4 + part * 8 + index]!;
        const to = value + part * 16 + index;
        values[to] = scale * FP4_DOUBLED[pair & 15]!;
        values[to + 8] = scale * FP4_DOUBLED[pair >> 4]!;
      }
    }
  }
};

/** Half of an unsigned E4M3 number (bias 7); 0x7f stands for no number, which ggml takes for 0. */
function halfScale(bits: number): number {
  if (bits === 0x7f) return 0;
  const [exponent, mantissa] = [(bits >> 3) & 15, bits & 7];
  return exponent === 0 ? mantissa * 2 ** -10 : (8 + mantissa) * 2 ** (exponent - 11);
}
