import { halfAt, type Dequantise } from "./blocks.ts";

/**
 * Blocks of 256: values -1, 0, 1 as digits in base 3, five to a byte (four in the last four bytes), then scale d (half).
 * The digits of a byte belong to values one row apart: rows of 32, of 16, of 4. value = (digit - 1) d.
 */
export const tq1_0: Dequantise = (blocks, values) => {
  for (let at = 0, value = 0; at < blocks.length; at += 54, value += 256) {
    const scale = halfAt(blocks, at + 52);
    let to = value;
    for (const { from, width, digits } of RUNS) {
      for (let digit = 0; digit < digits; digit++) {
        for (let index = 0; index < width; index++) {
          values[to++] = (digitOf(blocks[at + from + index]!, digit) - 1) * scale;
        }
      }
    }
  }
};

const RUNS = [
  { from: 0, width: 32, digits: 5 },
  { from: 32, width: 16, digits: 5 },
  { from: 48, width: 4, digits: 4 },
] as const;
const POWERS = [1, 3, 9, 27, 81] as const;

/** A byte is a fraction of 256: its first digit in base 3 is what three times it has above 256. */
function digitOf(byte: number, digit: number): number {
  return (((byte * POWERS[digit]!) & 255) * 3) >> 8;
}
