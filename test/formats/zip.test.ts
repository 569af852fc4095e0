import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { zipEntries } from "../../src/formats/torch/zip.ts";
import { zipBytes, type Stored, type ZipParts } from "./zipFile.ts";

const A: Stored = { name: "x/data.pkl", bytes: Uint8Array.of(1, 2, 3) };
const B: Stored = { name: "x/data/0", bytes: Uint8Array.of(4, 5) };

async function entriesOf(bytes: Uint8Array) {
  const entries = await zipEntries(bytesInMemory("ckpt.pt", bytes));
  return [...entries].map(([name, { offset, sizeBytes }]) => [
    name,
    ...bytes.subarray(offset, offset + sizeBytes),
  ]);
}

describe("zipEntries(source)", () => {
  test.each([
    ["an archive", {}],
    ["an archive with a comment", { comment: "PK made by a test" }],
    ["a zip64 archive", { zip64: true }],
    ["a zip64 archive with a comment", { zip64: true, comment: "x" }],
  ] as [string, ZipParts][])("finds the files of %s", async (_, parts) => {
    expect(await entriesOf(zipBytes([A, B], parts))).toEqual([
      ["x/data.pkl", 1, 2, 3],
      ["x/data/0", 4, 5],
    ]);
  });

  test("finds none in an empty archive", async () => {
    expect(await entriesOf(zipBytes([]))).toEqual([]);
  });

  test("says of a file whether its bytes are its own", async () => {
    const bytes = zipBytes([
      A,
      { ...B, method: 8, sizeBytes: 9, packedBytes: 2 },
      { ...A, name: "y", flags: 1 },
    ]);
    const entries = await zipEntries(bytesInMemory("ckpt.pt", bytes));
    expect([...entries.values()].map(({ plain }) => plain)).toEqual([true, false, false]);
  });

  test.each([
    ["nothing", new Uint8Array(0), /needs to be a whole zip archive/],
    [
      "an archive cut short",
      zipBytes([A, B]).slice(0, -1),
      /whole zip archive, but its directory was not found/,
    ],
    ["a directory past the end", zipBytes([A], { directoryAt: 5000 }), /directory was not found/],
    [
      "more entries than the directory has room for",
      zipBytes([A], { count: 9 }),
      /directory was not found/,
    ],
    [
      "a directory in the wrong place",
      zipBytes([A, B], { directoryAt: 1 }),
      /has a damaged zip directory at entry 0/,
    ],
    [
      "a zip64 directory of 2^53 entries",
      zipBytes([A], { zip64: true, count: 2 ** 53 - 1 }),
      /directory was not found/,
    ],
    [
      "a file that begins past the end",
      zipBytes([{ ...A, headerAt: 9999 }]),
      /has "x\/data.pkl" outside the file/,
    ],
    [
      "a file that begins where none does",
      zipBytes([{ ...A, headerAt: 1 }]),
      /has no file header for "x\/data.pkl"/,
    ],
    [
      "a file that is longer than the archive",
      zipBytes([{ ...A, sizeBytes: 4000 }]),
      /has "x\/data.pkl" outside its data/,
    ],
    ["a file that runs into the directory", zipBytes([{ ...A, sizeBytes: 4 }]), /outside its data/],
    ["a stored file with two sizes", zipBytes([{ ...A, packedBytes: 2 }]), /with two sizes/],
    ["a name that is there twice", zipBytes([A, A]), /has "x\/data.pkl" twice/],
    ["two files in one place", zipBytes([A, { ...B, headerAt: 0 }]), /over another file/],
  ] as [string, Uint8Array, RegExp][])("refuses %s", async (_, bytes, message) => {
    const error = await zipEntries(bytesInMemory("ckpt.pt", bytes)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  });
});
