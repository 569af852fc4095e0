/** @file Smeared keys against their formula: k[j] becomes s k[j] + (1 - s) k[j - 1], the first key comes before itself. */
import { expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { capture } from "../../src/graph/edits/capture.ts";
import { builder } from "../../src/graph/builder.ts";
import { previousPosition, smearKeys } from "../../src/models/decoder/smearedKeys.ts";
import { gradient, gradientOf } from "../../src/graph/gradient/gradient.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";

const [SMEAR, HEADS, LENGTH, WIDTH] = [[0.7, -2], 2, 5, 3] as const;
const keys = Float32Array.from({ length: LENGTH * HEADS * WIDTH }, (_, index) =>
  Math.sin(index * index),
);
const at = (position: number, head: number, entry: number) =>
  keys[(position * HEADS + head) * WIDTH + entry]!;

for (const engine of await backends()) {
  test(`a smeared key is a share of itself and the rest of the key before, on ${engine.device}`, async () => {
    const b = builder();
    const k = b.input("k", "float32", {
      batch: "batch",
      position: "position",
      head: HEADS,
      d_head: WIDTH,
    });
    const smear = b.input("smear", "float32", { head: HEADS });
    const out = smearKeys(b, k, smear, previousPosition(b));
    const total = b.op("sum", [b.mul(out, out)], { axes: ["batch", "position", "head", "d_head"] });
    const program = gradient(b.program([total]), { of: total, wrt: ["smear"] });
    const session = await prepare(capture(program, [out]), engine);
    const trace = await session.run(
      new Map([
        ["k", tensor(["batch", "position", "head", "d_head"], [1, LENGTH, HEADS, WIDTH], keys)],
        ["smear", tensor(["head"], [HEADS], Float32Array.from(SMEAR))],
      ]),
    );
    await session.close();
    const slope = [0, 0];
    trace.get(out)!.data.forEach((value, index) => {
      const [entry, head] = [index % WIDTH, Math.floor(index / WIDTH) % HEADS];
      const position = Math.floor(index / (WIDTH * HEADS));
      const s = 1 / (1 + Math.exp(-SMEAR[head]!));
      const [now, before] = [at(position, head, entry), at(Math.max(0, position - 1), head, entry)];
      expect(value).toBeCloseTo(s * now + (1 - s) * before, 5);
      slope[head]! += 2 * value * (now - before) * s * (1 - s);
    });
    const got = trace.get(gradientOf("smear"))!.data;
    slope.forEach((value, head) => expect(got[head]).toBeCloseTo(value, 4));
  });
}
