import { describe, expect, test } from "vitest";
import {
  bytesInMemory,
  STORED_BYTES,
  type StoredTensor,
  type StoredType,
} from "../../src/base/bytes.ts";
import { weightFaults } from "./weightFaults.ts";
import { readTensor } from "../../src/formats/readTensor.ts";

/** A vector whose values have these bits, `lead` bytes into a source. */
function stored(type: StoredType, bits: readonly number[], lead = 0): StoredTensor {
  const width = STORED_BYTES[type];
  const bytes = new Uint8Array(lead + bits.length * width);
  const view = new DataView(bytes.buffer);
  bits.forEach((value, at) => {
    if (width === 4) view.setUint32(lead + at * 4, value, true);
    else view.setUint16(lead + at * 2, value, true);
  });
  const source = bytesInMemory("bits", bytes);
  return { type, shape: [bits.length], source, offset: lead, sizeBytes: bits.length * width };
}

/** Bits of half precision by definition: sign, 5 bits exponent with bias 15, 10 bits fraction. */
function halfByDefinition(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

describe("readTensor(tensor)", () => {
  test("gives known half-precision values: 1, -2, largest, smallest normal, largest and smallest subnormal, zeros", async () => {
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x0000, 0x8000];
    const values = await readTensor(stored("F16", bits));
    expect([...values]).toEqual([1, -2, 65504, 2 ** -14, 1023 * 2 ** -24, 2 ** -24, 0, -0]);
  });

  test("gives all 65,536 half-precision values as the definition does", async () => {
    const bits = Array.from({ length: 65536 }, (_, value) => value);
    expect([...(await readTensor(stored("F16", bits)))]).toEqual(bits.map(halfByDefinition));
  });

  test("gives known bfloat16 values: 1, -2, largest, smallest normal, smallest subnormal, infinity, NaN", async () => {
    const bits = [0x3f80, 0xc000, 0x7f7f, 0x0080, 0x0001, 0xff80, 0x7fc0, 0x8000];
    const largest = (2 - 2 ** -7) * 2 ** 127;
    const values = await readTensor(stored("BF16", bits));
    expect([...values]).toEqual([1, -2, largest, 2 ** -126, 2 ** -133, -Infinity, NaN, -0]);
  });

  test.each([0, 1, 2, 3, 5])("reads values that begin %i bytes into the source", async (lead) => {
    expect([...(await readTensor(stored("F32", [0x3f800000, 0x40490fdb], lead)))]).toEqual([
      1,
      Math.fround(Math.PI),
    ]);
    expect([...(await readTensor(stored("F16", [0x3c00], lead)))]).toEqual([1]);
    expect([...(await readTensor(stored("BF16", [0x3f80], lead)))]).toEqual([1]);
  });
});

describe("weightFaults(weights)", () => {
  test("counts NaN and infinities of every type and names the tensors", async () => {
    const weights = new Map([
      ["sound", stored("F32", [0, 0x3f800000, 0x7f7fffff, 0x80000001])],
      ["f32", stored("F32", [0x7f800000, 0xff800000, 0x7f800001, 0xffffffff, 0], 1)],
      ["f16", stored("F16", [0x7c00, 0xfc00, 0x7c01, 0x7bff])],
      ["bf16", stored("BF16", [0x7f80, 0x7fc0, 0xffff, 0x7f7f])],
    ]);
    expect((await weightFaults(weights)).nonFinite).toEqual([
      { name: "f32", nans: 2, infinities: 2 },
      { name: "f16", nans: 1, infinities: 2 },
      { name: "bf16", nans: 2, infinities: 1 },
    ]);
  });

  test.each([0, 1, 2, 3])("finds one NaN of 16 bits at place %i of four", async (place) => {
    const bits = [1, 2, 3, 4].map((value, at) => (at === place ? 0x7e00 : value));
    const faults = (await weightFaults(new Map([["w", stored("F16", bits)]]))).nonFinite;
    expect(faults).toEqual([{ name: "w", nans: 1, infinities: 0 }]);
  });

  test("finds one NaN at the end of a tensor of several pieces, and reports progress up to the end", async () => {
    const values = new Float32Array(3_000_000);
    values[values.length - 1] = NaN;
    const source = bytesInMemory("large", new Uint8Array(values.buffer));
    const sizeBytes = values.byteLength;
    const tensor: StoredTensor = {
      type: "F32",
      shape: [values.length],
      source,
      offset: 0,
      sizeBytes,
    };
    const progress: number[] = [];
    const { nonFinite: faults } = await weightFaults(new Map([["w", tensor]]), {
      progress: (done, total) => progress.push(done / total),
    });
    expect(faults).toEqual([{ name: "w", nans: 1, infinities: 0 }]);
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.at(-1)).toBe(1);
  });

  test("finds zeros at the end of the last tensor, where no other follows", async () => {
    const tail = { file: "bits", zeroBytes: 8, from: "w", matrices: 0, cut: true };
    const weights = new Map([["w", stored("F32", [0x3f800000, 0x3f800000, 0, 0])]]);
    expect((await weightFaults(weights)).zeroTails).toEqual([tail]);
    const sound = new Map([["w", stored("F32", [0, 0x3f800000])]]);
    expect((await weightFaults(sound)).zeroTails).toEqual([]);
  });

  test("stops when it is interrupted", async () => {
    const weights = new Map([["w", stored("F32", [0])]]);
    await expect(weightFaults(weights, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
