/** @file Weights as float16, where that is exact: those of float16 as they lie, those of bfloat16 times a power of two. */
import type { Backend } from "../base/backend.ts";
import { bytesInMemory, type ByteSource } from "../base/bytes.ts";
import type { HalfWeight, StoredBytes } from "../graph/onnx/model.ts";
import { contiguousPart, storedBytes } from "../graph/onnx/weights.ts";
import type { Program, Weight } from "../graph/program.ts";

/**
 * Whether a weight may be float16 between runs: of vectors that saves nothing, and what is cut out of a tensor is cut once, when a
 * session is made. Those of bfloat16 nearly always can, see {@link scaledHalves}.
 */
export function mayStayHalf(weight: Weight): boolean {
  const { layout, rest } = contiguousPart(weight);
  return weight.stored.type !== "F32" && rest.length === 0 && layout.length > 1;
}

/** The weights of `program` that the engine shall keep as float16, by name. */
export async function halvesOf(
  program: Program,
  { keepsHalves, rounding }: Pick<Backend, "keepsHalves" | "rounding">,
): Promise<ReadonlyMap<string, HalfWeight>> {
  const found = new Map<string, HalfWeight>();
  if (!keepsHalves || rounding) return found; // products in float16 round weights once, when a session is made
  const rescaled = new Map<ByteSource, Map<string, HalfWeight | null>>();
  for (const weight of program.weights.filter(mayStayHalf)) {
    const range = storedBytes(weight);
    if (weight.stored.type === "F16") {
      found.set(weight.name, { data: range, exponent: 0 });
      continue;
    }
    const ranges = rescaled.get(range.source) ?? new Map<string, HalfWeight | null>();
    rescaled.set(range.source, ranges);
    const key = `${range.offset} ${range.sizeBytes}`;
    if (!ranges.has(key)) ranges.set(key, await rescale(range));
    const half = ranges.get(key);
    if (half) found.set(weight.name, half);
  }
  return found;
}

async function rescale({ source, offset, sizeBytes }: StoredBytes): Promise<HalfWeight | null> {
  const bytes = await source.read(offset, sizeBytes);
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const scaled = scaledHalves(new Uint16Array(aligned.buffer, aligned.byteOffset, sizeBytes / 2));
  if (!scaled) return null;
  const memory = bytesInMemory(source.name, new Uint8Array(scaled.halves.buffer));
  return { data: { source: memory, offset: 0, sizeBytes }, exponent: scaled.exponent };
}

/** Exponents of float16's largest number and of its smallest step, and of the most that can be taken off again in float32. */
const [HIGHEST, FINEST, MOST] = [15, -24, 100];

/**
 * Numbers of bfloat16, given as bits, times 2^exponent as bits of float16: all of them exactly, or null. With eight digits they are
 * shorter than float16's, whose range is 2^40 wide: what is missing in it is so small beside the largest number of its matrix
 * that trained matrices hardly ever have it.
 */
export function scaledHalves(
  bits: Uint16Array,
): { readonly halves: Uint16Array; readonly exponent: number } | null {
  let [largest, smallest] = [0, 0xffff];
  for (let at = 0; at < bits.length; at++) {
    const size = bits[at]! & 0x7fff;
    if (size > largest) largest = size;
    const less = (size - 1) & 0xffff; // zero is no size
    if (less < smallest) smallest = less;
  }
  const exponent = Math.min(MOST, HIGHEST - exponentOf(largest));
  const isFine = exponentOf(smallest + 1) - DIGITS + exponent >= FINEST;
  if (largest >= INFINITE || !(isFine || hasFineDigits(bits, exponent))) return null;
  return { halves: halvesFrom(bits, exponent), exponent };
}

/** Digits after the first one of a bfloat16, bits of its infinity, and float16's first exponent without that digit. */
const [DIGITS, INFINITE, SUBNORMAL] = [7, 0x7f80, -15];

const exponentOf = (size: number) => Math.max(size >> DIGITS, 1) - 127;

/** All digits, without trailing zeros, as a number. */
const digitsOf = (size: number) => (size < 128 ? size : 128 + (size & 127));

/** Whether the last digit of every number that is not zero is one that float16 has. */
function hasFineDigits(bits: Uint16Array, exponent: number): boolean {
  return bits.every((word) => {
    const size = word & 0x7fff;
    const lastZeros = 31 - Math.clz32(digitsOf(size) & -digitsOf(size));
    return size === 0 || exponentOf(size) - DIGITS + lastZeros + exponent >= FINEST;
  });
}

/** Billions of numbers go through here: sums of bits, and no call but for the smallest. */
function halvesFrom(bits: Uint16Array, exponent: number): Uint16Array {
  const shift = (exponent - 127 - SUBNORMAL) << 10;
  const halves = new Uint16Array(bits.length);
  for (let at = 0; at < bits.length; at++) {
    const word = bits[at]!;
    const size = word & 0x7fff;
    const moved = (size << 3) + shift;
    const magnitude = moved >= 1024 && size >= 128 ? moved : smallHalf(size, exponent);
    halves[at] = (word & 0x8000) | magnitude;
  }
  return halves;
}

/** Below float16's first power of two its bits are a whole number of its smallest steps. */
function smallHalf(size: number, exponent: number): number {
  return digitsOf(size) * 2 ** (exponentOf(size) - DIGITS + exponent - FINEST);
}
