/** @file What `hook_normalized` of a layer norm is, and how to have what TransformerLens 4's bridge calls so (docs/commands/run.md). */
import { expect, test } from "vitest";
import { load } from "../../../src/index.ts";
import { readTensor } from "../../../src/formats/readTensor.ts";
import { runWithCache } from "../../../src/studies/run/runWithCache.ts";
import { oneEngine } from "../../interventions/engine.ts";

test("hook_normalized is after gain and bias; (hook_normalized - b) / w is (x - mean) / hook_scale", async () => {
  const model = await load("zoo:attn-2l");
  const norm = "blocks.1.ln1";
  const stream = "blocks.1.hook_resid_pre";
  const names = [stream, `${norm}.hook_scale`, `${norm}.hook_normalized`];
  const { cache } = await runWithCache(model, [[1, 2, 3, 1, 2]], {
    names,
    backend: await oneEngine(),
  });
  const weight = async (name: string) =>
    readTensor(model.program.weights.find((entry) => entry.name === `${norm}.${name}`)!.stored);
  const [w, b] = [await weight("w"), await weight("b")];
  await model.close();
  const [x, scale, normalized] = names.map((name) => cache.get(name).data) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  expect(Math.max(...w.map((gain) => Math.abs(gain - 1)))).toBeGreaterThan(0.1); // it makes a difference
  const width = w.length;
  for (let place = 0; place < normalized.length; place++) {
    const position = Math.floor(place / width);
    const row = x.subarray(position * width, (position + 1) * width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const before = (x[place]! - mean) / scale[position]!;
    const [gain, bias] = [w[place % width]!, b[place % width]!];
    expect(normalized[place]!).toBeCloseTo(before * gain + bias, 4);
    expect((normalized[place]! - bias) / gain).toBeCloseTo(before, 3);
  }
});
