import type { StoredTensor, Weights } from "../base/bytes.ts";
import { words } from "./readTensor.ts";
import { inChunks, type ScanOptions } from "./inChunks.ts";

/** A tensor that has values no model can use. */
export interface NonFinite {
  readonly name: string;
  readonly nans: number;
  readonly infinities: number;
}

/**
 * The tensors that have NaN or infinite values, with how many, in the order of `weights`; empty for a sound checkpoint.
 *
 * Looks at exponent bits only and never holds more than a chunk, so it is about as fast as reading.
 *
 * @param options.signal stops the scan between chunks
 * @param options.progress is told the bytes scanned so far and in all
 */
export async function nonFinite(
  weights: Weights,
  options: ScanOptions = {},
): Promise<readonly NonFinite[]> {
  const ranges = [...weights].map(([name, tensor]) => ({
    ...tensor,
    name,
    nans: 0,
    infinities: 0,
  }));
  await inChunks(
    ranges,
    (bytes, tensor) => {
      const counts = countNonFinite(bytes, tensor);
      tensor.nans += counts.nans;
      tensor.infinities += counts.infinities;
    },
    options,
  );
  return ranges
    .filter(({ nans, infinities }) => nans + infinities > 0)
    .map(({ name, nans, infinities }) => ({ name, nans, infinities }));
}

/** Bits of each type: a value is finite unless its exponent is all ones, and NaN if fraction bits are set too. */
const EXPONENT = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 } as const;
const MAGNITUDE = { F32: 0x7fffffff, F16: 0x7fff, BF16: 0x7fff } as const;

function countNonFinite(
  bytes: Uint8Array,
  { type }: StoredTensor,
): { nans: number; infinities: number } {
  const exponent = EXPONENT[type];
  const wholeWords = bytes.length % 4 === 0;
  const high = type === "F32" ? exponent : exponent << 16;
  if (wholeWords && !hasOnes(words(Int32Array, bytes), high, exponent))
    return { nans: 0, infinities: 0 };
  let nans = 0;
  let infinities = 0;
  for (const value of type === "F32" ? words(Int32Array, bytes) : words(Uint16Array, bytes)) {
    const magnitude = value & MAGNITUDE[type];
    if (magnitude > exponent) nans++;
    else if (magnitude === exponent) infinities++;
  }
  return { nans, infinities };
}

/** Whether a word has all ones under either mask: the quick look that almost every piece passes. */
function hasOnes(values: Int32Array, high: number, low: number): boolean {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if ((value & high) === high || (value & low) === low) return true;
  }
  return false;
}
