/** @file Weights whose values are computed have the name of the file that they come from, all the same one. */
import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { computedTensor } from "../../src/formats/computedTensor.ts";
import { transposeStored } from "../../src/formats/rearrangeStored.ts";
import { builder } from "../../src/graph/builder.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "./backends.ts";

test.each(await backends())(
  "$device: weights of equal names, places and sizes stay apart",
  async (engine) => {
    const computed = [1, 2].map((value) =>
      computedTensor("file", [2, 3], (_, values) => void values.fill(value)),
    );
    const views = [3, 4].map((value) => {
      const data = new Float32Array(6).fill(value);
      const source = bytesInMemory("file", new Uint8Array(data.buffer));
      return transposeStored({ type: "F32", shape: [3, 2], source, offset: 0, sizeBytes: 24 });
    });
    const b = builder();
    const names = [...computed, ...views].map((stored, index) =>
      b.rename(b.weight({ name: `w${index}`, axes: { a: 2, c: 3 }, stored }), {}, `copy${index}`),
    );
    const session = await prepare(b.program(names), engine);
    const values = await session.run(new Map());
    await session.close();
    expect(names.map((name) => [...new Set(values.get(name)!.data)])).toEqual([[1], [2], [3], [4]]);
  },
);
