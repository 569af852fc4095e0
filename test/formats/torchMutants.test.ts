/** @file 20,000 damaged torch files and pickles: refused with a typed error or read, quickly and in little memory. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { random, type Random } from "../../src/base/random.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { isMap, type PickleValue } from "../../src/formats/torch/pickleValues.ts";
import { readPickle, readTorch } from "../../src/formats/torch/readTorch.ts";
import { isTensor } from "../../src/formats/torch/torchValues.ts";
import { joined } from "./ggufFile.ts";
import { usedMs } from "../usedMs.ts";

const FOLDER = "test/fixtures/torch";
const FILES = [
  "protocol2.bin",
  "protocol5.bin",
  "legacy.bin",
  "values.pt",
  "meta2.pkl",
  "meta4.pkl",
].map((name) => ({
  read: name.endsWith(".pkl") ? readPickle : readTorch,
  bytes: new Uint8Array(readFileSync(`${FOLDER}/${name}`)),
}));
const PIECES = [
  "(",
  ".",
  "t",
  "R",
  "e",
  "u",
  "b",
  "Q",
  "]",
  "}",
  ")",
  "0",
  "1",
  "q\0",
  "h\0",
  "K\0",
  "\x85",
  "\x8a\x06",
  "\x93",
  "\x94",
  "J\xff\xff\xff\xff",
  "\xff\xff\xff\xff",
  "cos\nsystem\n",
  "ctorch\nSize\n",
  "X\x02\0\0\0ab",
  "PK\x01\x02",
  "PK\x05\x06",
];

/** Damage in one to four places; three in four are where the pickle is, near the start. */
function mutant(file: Uint8Array, { integer }: Random): Uint8Array {
  let bytes: Uint8Array = file.slice();
  const end = integer(0, 3) > 0 ? Math.min(bytes.length, 1500) : bytes.length;
  for (let edits = integer(1, 4); edits > 0; edits--) {
    const at = Math.min(integer(0, end - 1), bytes.length - 1);
    const kind = integer(0, 3);
    const piece = Uint8Array.from(PIECES[integer(0, PIECES.length - 1)]!, (letter) =>
      letter.charCodeAt(0),
    );
    if (kind === 0) bytes[at] = integer(0, 255);
    else if (kind === 1) bytes.set(piece.subarray(0, bytes.length - at), at);
    else if (kind === 2)
      bytes = joined([
        bytes.subarray(0, at),
        piece,
        bytes.subarray(Math.min(bytes.length, at + piece.length)),
      ]);
    else bytes = joined([bytes.subarray(0, at), bytes.subarray(at + integer(0, 3))]);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

/** Reads every tensor of a dictionary; the bytes that this makes besides the file. */
async function readAll(value: PickleValue): Promise<number> {
  let madeBytes = 0;
  for (const tensor of isMap(value) ? value.values() : []) {
    if (!isTensor(tensor) || !tensor.stored) continue;
    if (!tensor.stored.source.realPath) madeBytes += tensor.stored.source.sizeBytes;
    const values = await readTensor(tensor.stored);
    const count = tensor.shape.reduce((product, length) => product * length, 1);
    if (values.length !== count)
      throw new Error(`${values.length} values for shape ${tensor.shape.join(" x ")}`);
  }
  return madeBytes;
}

describe("readTorch and readPickle of damaged files", () => {
  test("give a typed error or values of the file; 20,000 files, none slow, nothing made beyond 16 times the file", async () => {
    const generator = random(99);
    let accepted = 0;
    let slowestMs = 0;
    for (let round = 0; round < 20_000; round++) {
      const { read, bytes } = FILES[round % FILES.length]!;
      const file = mutant(bytes, generator);
      const source = { ...bytesInMemory("mutant", file), realPath: "/in/memory" };
      const start = usedMs();
      try {
        const madeBytes = await readAll(await read(source));
        if (madeBytes > 16 * file.length)
          throw new Error(`round ${round}: ${madeBytes} bytes of ${file.length}`);
        accepted++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      slowestMs = Math.max(slowestMs, usedMs() - start);
    }
    expect(accepted).toBeGreaterThan(500);
    expect(accepted).toBeLessThan(18_000);
    expect(slowestMs).toBeLessThan(2000);
  });
});
