/** @file .npz archives that NumPy wrote (tools/make_npz_fixtures.py), and archives that break a rule. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "fflate";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { random, type Random } from "../../src/base/random.ts";
import { readNpz } from "../../src/formats/npz.ts";
import { zipBytes, type Stored } from "./zipFile.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, "../fixtures/npz", name)));
const read = (bytes: Uint8Array) => readNpz(bytesInMemory("a.npz", bytes));
const expected = Float32Array.from({ length: 24 }, (_, index) => index / 16);

/** An .npy file with this header text and so many float32 zeros. */
function npy(header: string, values: number, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const sizes = version === 1 ? [text.length & 255, text.length >> 8] : [text.length, 0, 0, 0];
  const lead = [0x93, ...new TextEncoder().encode("NUMPY"), version, 0, ...sizes];
  return Uint8Array.from([...lead, ...text, ...new Uint8Array(4 * values)]);
}

const header = (shape: string, descr = "<f4") =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }\n`;
const archive = (bytes: Uint8Array, more: Partial<Stored> = {}) =>
  zipBytes([{ name: "x.npy", bytes, ...more }]);
const packed = (bytes: Uint8Array) =>
  archive(deflateSync(bytes), {
    method: 8,
    sizeBytes: bytes.length,
    packedBytes: deflateSync(bytes).length,
  });

describe("readNpz(source)", () => {
  test.each(["stored.npz", "deflated.npz"])("reads what NumPy wrote: %s", async (name) => {
    const arrays = await read(fixture(name));
    expect([...arrays.keys()]).toEqual(["half", "single", "double", "scalar", "row"]);
    for (const array of ["half", "single", "double"]) {
      expect(arrays.get(array)!.shape).toEqual([2, 3, 4]);
      expect(await arrays.get(array)!.read()).toEqual(expected);
    }
    expect(arrays.get("scalar")).toMatchObject({ shape: [], type: "<f4" });
    expect(await arrays.get("scalar")!.read()).toEqual(Float32Array.of(0.5));
    expect(arrays.get("row")!.shape).toEqual([4]);
  });

  test.each([
    ["wrong.npz", /"whole\.npy", which needs type <f2, <f4, <f8, got "<i8"/],
    ["fortran.npz", /"turned\.npy", which needs C order, got Fortran order/],
    ["big.npz", /needs type .*, got ">f4"/],
    ["object.npz", /needs type .*, got "\|O"/],
  ])("refuses %s", async (name, message) => {
    await expect(read(fixture(name))).rejects.toThrow(message);
  });

  test("takes headers of format 2 and of other writers", async () => {
    const arrays = await read(archive(npy(header("2,3"), 6, 2)));
    expect(arrays.get("x")!.shape).toEqual([2, 3]);
  });

  test.each([
    [
      "a name without .npy",
      zipBytes([{ name: "x.pkl", bytes: npy(header("1,"), 1) }]),
      /should end in .npy/,
    ],
    ["no .npy magic", archive(new Uint8Array(64)), /is not a .npy array/],
    ["an empty entry", archive(new Uint8Array(0)), /is not a .npy array/],
    ["format 9", archive(npy(header("1,"), 1, 9)), /is not a .npy array/],
    ["values missing", archive(npy(header("2, 3"), 5)), /needs 94 bytes, has 90/],
    ["values left over", archive(npy(header("2, 3"), 7)), /of shape 2 x 3 needs 94 bytes, has 98/],
    [
      "a header that is code",
      archive(npy("{'descr': __import__('os')}\n", 1)),
      /no array of numbers has/,
    ],
    ["a negative size", archive(npy(header("-1,"), 1)), /no array of numbers has/],
    [
      "a huge size",
      archive(npy(header("999999999999, 999999999999"), 1)),
      /more than 536870912 values/,
    ],
    ["a bomb", packed(npy(header("500000000,"), 1)), /needs 20000000\d\d bytes, has \d+ packed/],
    [
      "fewer values than it says, packed",
      packed(npy(header("9,"), 8)),
      /needs 104 bytes, unpacks to 100/,
    ],
    [
      "more values than it says, packed",
      packed(npy(header("9,"), 10)),
      /unpacks to more than it says/,
    ],
    [
      "bytes that are not deflated",
      archive(npy(header("1,"), 1), { method: 8 }),
      /cannot be unpacked|is not a .npy array/,
    ],
    ["no zip archive", npy(header("1,"), 1), /zip archive/],
  ])("refuses %s", async (_, bytes, message) => {
    const failed = (async () => {
      for (const array of (await read(bytes)).values()) await array.read();
    })();
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toBeInstanceOf(InputError);
  });

  test("reads or refuses 10,000 damaged archives, with no other error", async () => {
    const stream = random(5);
    const seeds = [fixture("stored.npz"), fixture("deflated.npz")];
    let refused = 0;
    for (let index = 0; index < 10_000; index++) {
      try {
        const arrays = await read(damaged(seeds[index % 2]!, stream));
        for (const array of arrays.values()) {
          const values = await array.read();
          expect(values.length).toBe(array.shape.reduce((product, size) => product * size, 1));
        }
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(3_000);
    expect(refused).toBeLessThan(10_000);
  });
});

/** One to three places overwritten, cut out or repeated. */
function damaged(file: Uint8Array, { integer }: Random): Uint8Array {
  let bytes = [...file];
  for (let edits = integer(1, 3); edits > 0; edits--) {
    const at = integer(0, bytes.length);
    const insert = Array.from({ length: integer(1, 4) }, () => integer(0, 255));
    const kind = integer(0, 3);
    if (kind === 0) bytes.splice(at, insert.length, ...insert);
    else if (kind === 1) bytes.splice(at, insert.length);
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + integer(1, 40)));
    else bytes = bytes.with(Math.min(at, bytes.length - 1), 1 << integer(0, 7));
  }
  return Uint8Array.from(bytes);
}
