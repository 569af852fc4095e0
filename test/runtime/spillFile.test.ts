/** @file Values in a temporary file: the same numbers, and nothing left of the file. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { UnableError } from "../../src/base/errors.ts";
import { spillFile } from "../../src/runtime/spillFile.ts";

const folder = mkdtempSync(join(tmpdir(), "spill-"));
afterAll(() => rmSync(folder, { recursive: true }));

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const nextJob = () => new Promise((resolve) => setTimeout(resolve));

const numbers = (count: number, factor: number) =>
  Float32Array.from({ length: count }, (_, at) => Math.fround(Math.sin(factor * at)));

test("values are the same from the file, each in its place, also once their memory was given back", async () => {
  const file = spillFile(folder);
  const part = numbers(100, 3).subarray(10, 70); // its bytes do not begin where its buffer does
  const values = [
    tensor(["batch", "d_model"], [20, 50], numbers(1000, 0.1)),
    tensor(["batch", "d_model"], [6, 10], part),
    tensor(["batch"], [0], new Float32Array(0)),
    tensor(["batch"], [3], Float32Array.of(NaN, -0, Infinity)),
  ];
  const spilled = values.map((value) => file.spill(value));
  for (let time = 0; time < 3; time++) {
    for (const [index, { axes, shape, data }] of spilled.entries()) {
      expect({ axes, shape }).toEqual({ axes: values[index]!.axes, shape: values[index]!.shape });
      expect(data).toEqual(values[index]!.data);
    }
    await nextJob();
    collectGarbage();
  }
});

test("what was read stays in memory as long as somebody has it, and no longer", async () => {
  const value = spillFile(folder).spill(tensor(["batch"], [4], numbers(4, 1)));
  const holder = { data: value.data };
  await nextJob();
  collectGarbage();
  expect(value.data).toBe(holder.data);
  const read = new WeakRef(holder.data);
  holder.data = new Float32Array(0);
  await nextJob();
  collectGarbage();
  expect(read.deref()).toBeUndefined();
  expect(value.data).toEqual(numbers(4, 1));
});

test("the file has no name, so nothing is left of it", () => {
  spillFile(folder).spill(tensor(["batch"], [4], numbers(4, 1)));
  expect(readdirSync(folder)).toEqual([]);
});

test("a folder that cannot be written is named, and the way on", () => {
  const missing = join(folder, "missing");
  expect(() => spillFile(missing)).toThrow(UnableError);
  expect(() => spillFile(missing)).toThrow(/room in `memory`.*missing.*TMPDIR/s);
  mkdirSync(missing);
  spillFile(missing).spill(tensor(["batch"], [1], numbers(1, 1)));
});
