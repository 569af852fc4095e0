/** @file Gradients of whole models with respect to every weight, against PyTorch's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tensor, type Tensor } from "../../../src/base/tensor.ts";
import { fileSource } from "../../../src/formats/file.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { builder } from "../../../src/graph/builder.ts";
import { gradient, gradientOf } from "../../../src/graph/gradient/gradient.ts";
import type { Program, Weight } from "../../../src/graph/program.ts";
import { openFolder } from "../../../src/models/folder.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { backends } from "../../runtime/backends.ts";
import { shared, sharedJson, unlessShared } from "../../shared.ts";
import { expectDigest, type Digest } from "./digest.ts";

const engines = await backends();
const FIXTURES = fileURLToPath(new URL("../../fixtures/gradient", import.meta.url));
/** float32 against float64, a whole model deep. */
const TOLERANCE = 1e-4;

/** mean of -log p(target): a value without axes. */
function withLoss(program: Program): Program {
  const b = builder(program);
  const targets = b.input("targets", "int32", { batch: "batch", position: "position" });
  const all = b.op("logSumExp", ["logits"], { axis: "d_vocab" });
  const each = b.op("sub", [all, b.op("pick", ["logits", targets], {})], {});
  return b.program([b.op("mean", [each], { axes: ["batch", "position"] }, "loss")], program.limits);
}

/** The gradient of a tensor of the checkpoint, put together from the weights that read it. */
function assembled(weights: readonly Weight[], trace: ReadonlyMap<string, Tensor>): Float32Array {
  const shape = weights[0]!.layout.map(({ size }) => Number(size));
  const whole = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (const { name, layout, select = [] } of weights) {
    const part = trace.get(gradientOf(name))!.data;
    const ranges = layout.map((axis, at) => {
      const choice = select.find((selection) => selection.axis === axis.name);
      if (!choice) return { start: 0, length: shape[at]! };
      return "index" in choice ? { start: choice.index, length: 1 } : choice;
    });
    part.forEach((value, index) => (whole[placeIn(shape, ranges, index)]! += value));
  }
  return whole;
}

/** Where in a tensor the entry `index` of a part of it is. */
function placeIn(
  shape: readonly number[],
  ranges: readonly { readonly start: number; readonly length: number }[],
  index: number,
): number {
  let [rest, stride, place] = [index, 1, 0];
  for (let at = shape.length - 1; at >= 0; at--) {
    const { start, length } = ranges[at]!;
    place += (start + (rest % length)) * stride;
    rest = Math.floor(rest / length);
    stride *= shape[at]!;
  }
  return place;
}

const { skip, note } = unlessShared("goldens");
describe.skipIf(skip)(`gradients of whole models equal PyTorch's${note}`, () => {
  for (const family of ["gpt2", "neox", "llama"]) {
    for (const engine of engines) {
      test(`${family} on ${engine.device}, every weight`, async () => {
        const path = shared("goldens", family)!;
        const reference = JSON.parse(readFileSync(join(FIXTURES, `${family}.json`), "utf8")) as {
          readonly loss: number;
          readonly gradients: Readonly<Record<string, Digest>>;
        };
        const { tokens } = sharedJson("goldens", family, "tokens.json") as { tokens: number[][] };
        const targets = tokens.map((row) => [...row.slice(1), row[0]!]);
        const rows = (ids: number[][]) =>
          tensor(["batch", "position"], [ids.length, ids[0]!.length], Int32Array.from(ids.flat()));
        const model = await openFolder(path, family);
        const program = withLoss(model.program);
        const wrt = program.weights.map(({ name }) => name);
        const session = await prepare(gradient(program, { of: "loss", wrt }), engine);
        const trace = await session.run(
          new Map([
            ["tokens", rows(tokens)],
            ["targets", rows(targets)],
          ]),
        );
        await session.close();
        await model.close();
        expect(trace.get("loss")!.data[0]).toBeCloseTo(reference.loss, 4);
        const file = await fileSource(join(path, "model.safetensors"));
        const { weights } = await readSafetensors(file);
        await file.close();
        for (const [name, digest] of Object.entries(reference.gradients)) {
          const { offset } = weights.get(name)!;
          const readers = program.weights.filter(({ stored }) => stored.offset === offset);
          const got = assembled(readers, trace);
          expectDigest(name, got, digest, { tolerance: TOLERANCE });
        }
      });
    }
  }
});
