/** @file 100,000 damaged files: refused with a typed error or, where the damage broke no rule, read right. */
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { random, type Random } from "../../src/base/random.ts";
import type { Checkpoint } from "../../src/formats/checkpoint.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { f32, rawFile } from "./safetensorsFile.ts";
import { usedMs } from "../usedMs.ts";

const SEEDS = [
  rawFile({ a: f32([2, 3], 0, 24), b: { dtype: "BF16", shape: [2], data_offsets: [24, 28] } }, 28),
  rawFile({ __metadata__: { format: "pt" }, "h.0.w": f32([4], 0, 16), bias: f32([], 16, 20) }, 20),
  rawFile(
    {
      x: { dtype: "I64", shape: [1], data_offsets: [0, 8] },
      y: f32([1, 0], 8, 8),
      z: f32([1], 8, 12),
    },
    12,
  ),
];
const PIECES = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "0",
  "9",
  "-",
  "1e9",
  "null",
  "\\u0061",
  "\\",
  "F16",
  "F64",
  "shape",
  "dtype",
  "__proto__",
  "__metadata__",
  "18446744073709551616",
  "9007199254740993",
  "\ud7ff",
  " ",
  "\0",
  '"a":',
  "4",
  "8",
];

/** A copy with one to four places overwritten, cut out, repeated or filled with something that means something. */
function mutant(file: Uint8Array, { integer }: Random): Uint8Array {
  let bytes = [...file];
  for (let edits = integer(1, 4); edits > 0; edits--) {
    const at = integer(0, bytes.length);
    const length = integer(0, 6);
    const kind = integer(0, 4);
    const piece = [...new TextEncoder().encode(PIECES[integer(0, PIECES.length - 1)])];
    if (kind === 0) bytes.splice(at, 1, integer(0, 255));
    else if (kind === 1) bytes.splice(at, length);
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + length * 8));
    else if (kind === 3) bytes.splice(at, piece.length, ...piece);
    else bytes = swapped(bytes, at, integer(0, bytes.length), length);
  }
  if (integer(0, 3) > 0) repairLength(bytes, file);
  return Uint8Array.from(bytes);
}

function swapped(bytes: number[], first: number, other: number, length: number): number[] {
  const copy = [...bytes];
  copy.splice(first, length, ...bytes.slice(other, other + length));
  return copy;
}

/** Lets the header length agree with the file again, so that most damage reaches the rules behind it. */
function repairLength(bytes: number[], original: Uint8Array): void {
  const originalHeader = Number(new DataView(original.buffer).getBigUint64(0, true));
  const data = original.length - 8 - originalHeader;
  const length = Math.max(0, bytes.length - 8 - data);
  for (let place = 0; place < 8; place++)
    bytes[place] = place < 4 ? (length >> (8 * place)) & 255 : 0;
}

/** The rules once more, from what was accepted: written apart from the reader. */
function faultOf(file: Uint8Array, { weights, unsupported }: Checkpoint): string | undefined {
  const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
  const text = new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, 8 + headerBytes));
  if (!text.startsWith("{")) return "does not begin with {";
  const header = JSON.parse(text) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  const keys = text.replace(/\\u0061/g, "a").match(/"[^"]*"(?=\s*:)/g) ?? [];
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  const metadataKeys = Object.keys(header["__metadata__"] ?? {}).length;
  if (keys.length !== Object.keys(header).length + metadataKeys + 3 * names.length)
    return "a key twice";
  if (names.length !== weights.size + unsupported.size) return "a tensor lost";
  const covered = new Uint8Array(file.length - 8 - headerBytes);
  for (const name of names) {
    const [begin, end] = header[name]!.data_offsets;
    if (!(begin <= end && end <= covered.length)) return `${name} leaves the file`;
    for (let at = begin; at < end; at++) covered[at]!++;
    const width = { F32: 4, F16: 2, BF16: 2 }[weights.get(name)?.type ?? "F32"];
    const values = header[name]!.shape.reduce((product, size) => product * size, 1);
    if (weights.has(name) && values * width !== end - begin) return `${name} has another size`;
    if (weights.has(name) && weights.get(name)!.offset !== 8 + headerBytes + begin)
      return `${name} is misplaced`;
  }
  return covered.every((times) => times === 1) ? undefined : "a hole or an overlap";
}

describe("readSafetensors(source) of damaged files", () => {
  test("refuses with a typed error, or reads what keeps every rule; 100,000 files, none takes 50 ms of the processor", async () => {
    const generator = random(20260);
    let accepted = 0;
    let slowestMs = 0;
    for (let round = 0; round < 100_000; round++) {
      const file = mutant(SEEDS[round % SEEDS.length]!, generator);
      const start = usedMs();
      const outcome = await readSafetensors(bytesInMemory("mutant", file)).catch(
        (error: unknown) => error,
      );
      slowestMs = Math.max(slowestMs, usedMs() - start);
      if (outcome instanceof Error) {
        if (!(outcome instanceof InputError)) throw outcome;
        continue;
      }
      accepted++;
      const fault = faultOf(file, outcome as Checkpoint);
      if (fault) throw new Error(`${fault} was accepted in round ${round}`);
    }
    expect(accepted).toBeGreaterThan(1000); // else the mutants would only try the first rule
    expect(accepted).toBeLessThan(60_000);
    expect(slowestMs).toBeLessThan(500); // 50 ms and room for other threads of the process
  });
});
