/** @file Weights that are parts of a stored tensor, on every engine. */
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { builder } from "../../src/graph/builder.ts";
import type { Selection } from "../../src/graph/program.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";

const engines = await backends();
const AXES = { a: 3, b: 4, c: 2, d: 5 } as const;
const SIZES = Object.values(AXES);
const all = Float32Array.from({ length: 120 }, (_, index) => index);
const stored = {
  type: "F32",
  shape: SIZES,
  source: bytesInMemory("memory", new Uint8Array(all.buffer)),
  offset: 0,
  sizeBytes: all.byteLength,
} as const;

function programOf(select: readonly Selection[], merge?: Record<string, string[]>) {
  const b = builder();
  const w = b.weight({ name: "w", axes: AXES, stored, select, ...(merge && { merge }) });
  return { program: b.program([b.rename(w, {}, "copy")]), axes: b.typeOf(w).axes };
}

/** The entries that are meant, by counting through all of them. */
function selectedIndices(select: readonly Selection[]): number[] {
  return [...all].filter((index) => {
    const place = [
      Math.floor(index / 40),
      Math.floor(index / 10) % 4,
      Math.floor(index / 5) % 2,
      index % 5,
    ];
    return select.every((selection) => {
      const at = place[Object.keys(AXES).indexOf(selection.axis)]!;
      return "index" in selection
        ? at === selection.index
        : at >= selection.start && at < selection.start + selection.length;
    });
  });
}

const CASES: Readonly<Record<string, readonly Selection[]>> = {
  "a range of the outermost axis": [{ axis: "a", start: 1, length: 2 }],
  "one entry of the outermost axis": [{ axis: "a", index: 2 }],
  "one entry, and a range of the next axis": [
    { axis: "a", index: 1 },
    { axis: "b", start: 2, length: 2 },
  ],
  "a range of an inner axis": [{ axis: "b", start: 1, length: 3 }],
  "one entry of the last axis and of the first": [
    { axis: "d", index: 3 },
    { axis: "a", index: 0 },
  ],
  "ranges of several axes": [
    { axis: "a", start: 1, length: 1 },
    { axis: "c", index: 1 },
    { axis: "d", start: 2, length: 2 },
  ],
};

describe("a part of a stored tensor", () => {
  for (const [title, select] of Object.entries(CASES)) {
    for (const engine of engines) {
      test(`${title}, on ${engine.device}`, async () => {
        const session = await prepare(programOf(select).program, engine);
        const copy = (await session.run(new Map())).get("copy")!;
        await session.close();
        expect([...copy.data]).toEqual(selectedIndices(select));
      });
    }
  }

  test("that is contiguous is read where it lies", () => {
    const { program } = programOf([
      { axis: "a", index: 1 },
      { axis: "b", start: 2, length: 2 },
    ]);
    const [initializer, ...others] = lower(program).initializers;
    expect(others).toEqual([]);
    expect(initializer!.data).toMatchObject({ offset: 60 * 4, sizeBytes: 20 * 4 });
  });

  test("can have neighbouring axes merged, and only those", () => {
    const select = [{ axis: "b", index: 0 }];
    expect(programOf(select, { ac: ["a", "c"] }).axes).toEqual([
      { name: "ac", size: 6 },
      { name: "d", size: 5 },
    ]);
    expect(() => programOf(select, { ad: ["a", "d"] })).toThrow(/no neighbours a, d/);
  });
});
