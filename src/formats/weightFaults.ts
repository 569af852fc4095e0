import type { StoredTensor, Weights } from "../base/bytes.ts";
import { words } from "./readTensor.ts";

/** A tensor that has values no model can use. */
export interface NonFinite {
  readonly name: string;
  readonly nans: number;
  readonly infinities: number;
}

/** A file whose end is zero. */
export interface ZeroTail {
  readonly file: string;
  /** Bytes of zero at its end. */
  readonly zeroBytes: number;
  /** The first tensor that is cut, or zero as a whole. */
  readonly from: string;
  /** Matrices that are zero as a whole; 0 where the zeros are the end of the last one. */
  readonly matrices: number;
  /** Whether `from` has values before its zeros. */
  readonly cut: boolean;
}

/** What a look at every value shows. */
export interface WeightFaults {
  /** Tensors with NaN or infinite values, in the order of `weights`. */
  readonly nonFinite: readonly NonFinite[];
  /** Matrices without any value but 0; biases are none. */
  readonly zero: readonly string[];
  /** Files that end in zeros: what a download leaves that made room first and was cut short. */
  readonly zeroTails: readonly ZeroTail[];
}

/**
 * What is wrong with values of a checkpoint, for whoever reads them: `visit` gets the bytes of each of `tensors` in order, in pieces of whole
 * values. It looks at bits only, and is about as fast as reading.
 */
export function faultScan(weights: Weights) {
  const tensors: ScannedTensor[] = [...weights].map(([name, tensor]) => ({
    ...tensor,
    name,
    nans: 0,
    infinities: 0,
    zeroBytes: 0,
  }));
  return {
    tensors,
    visit(this: void, bytes: Uint8Array, tensor: ScannedTensor): void {
      const counts = countNonFinite(bytes, tensor);
      tensor.nans += counts.nans;
      tensor.infinities += counts.infinities;
      const zeroBytes = zerosAtEnd(bytes);
      tensor.zeroBytes = zeroBytes === bytes.length ? tensor.zeroBytes + zeroBytes : zeroBytes;
    },
    faults: (): WeightFaults => ({
      nonFinite: tensors
        .filter(({ nans, infinities }) => nans + infinities > 0)
        .map(({ name, nans, infinities }) => ({ name, nans, infinities })),
      zero: tensors.filter(isZeroMatrix).map(({ name }) => name),
      zeroTails: zeroTails(tensors),
    }),
  };
}

interface ScannedTensor extends StoredTensor {
  readonly name: string;
  nans: number;
  infinities: number;
  zeroBytes: number;
}

/** Biases begin as zeros, and some writers keep them by head, in two axes. */
const BIAS = /(^|[._])(bias|b_\w+)$/;

function isZeroMatrix({ name, shape, zeroBytes, sizeBytes }: ScannedTensor): boolean {
  if (BIAS.test(name)) return false;
  return shape.filter((size) => size > 1).length >= 2 && zeroBytes === sizeBytes;
}

function zeroTails(scanned: readonly ScannedTensor[]): ZeroTail[] {
  const sources = [...new Set(scanned.map(({ source }) => source))];
  return sources.flatMap((source) => {
    const tensors = scanned.filter((tensor) => tensor.source === source);
    const fromEnd = tensors.sort((tensor, other) => other.offset - tensor.offset);
    const whole = fromEnd.findIndex(({ zeroBytes, sizeBytes }) => zeroBytes < sizeBytes);
    const zeros = fromEnd.slice(0, whole < 0 ? fromEnd.length : whole);
    const [last] = fromEnd;
    const before = fromEnd[zeros.length];
    if (!last || last.offset + last.sizeBytes !== source.sizeBytes) return [];
    if (zeros.length === 0 && before!.zeroBytes === 0) return [];
    const cut = before !== undefined && before.zeroBytes > 0;
    const zeroBytes = zeros.reduce((sum, tensor) => sum + tensor.zeroBytes, before?.zeroBytes ?? 0);
    const from = (cut ? before : zeros.at(-1)!).name;
    return [
      { file: source.name, zeroBytes, from, matrices: zeros.filter(isZeroMatrix).length, cut },
    ];
  });
}

function zerosAtEnd(bytes: Uint8Array): number {
  let at = bytes.length;
  while (at > 0 && bytes[at - 1] === 0) at--;
  return bytes.length - at;
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
