/** @file Models of the zoo give the same values on every engine; on WebGPU too where INDUCTION_LENS_WEBGPU asks for it. */
import { describe, expect, test } from "vitest";
import type { Tensor } from "../../src/base/tensor.ts";
import type { ModelInputs } from "../../src/inputs/modelInputs.ts";
import { openModel } from "../../src/models/open.ts";
import { readZoo } from "../../src/models/zoo/openZoo.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { backends } from "../runtime/backends.ts";

const [native, ...others] = await backends();
const names = Object.keys(await readZoo());

/** 24 ids below 50, every one twice. */
const ids = Array.from({ length: 24 }, (_, place) => ((place % 12) * 17 + 5) % 50);

describe.each(names)("zoo:%s", (name) => {
  test.each(others.map((backend) => [backend.device, backend] as const))(
    "has on %s the logits and the last attention of the processor",
    async (_, backend) => {
      const model = await openModel(`zoo:${name}`);
      const inputs: ModelInputs = model.architecture.stacks
        ? { encoder: [ids], decoder: [ids.slice(0, 12)] }
        : { tokens: [ids] };
      const last = model.architecture.layers - 1;
      const options = { names: [`*blocks.${last}.*hook_pattern`] };
      const expected = await runWithCache(model, inputs, { ...options, backend: native! });
      const { logits, cache } = await runWithCache(model, inputs, { ...options, backend });
      await model.close();
      expect(farthest(logits!, expected.logits!)).toBeLessThan(1e-4);
      expect(cache.names.length).toBeGreaterThan(0);
      // exponentials of a GPU are shorter
      const bar = backend.device === "webgpu" ? 1e-4 : 1e-5;
      for (const [value, pattern] of cache)
        expect(farthest(pattern, expected.cache.get(value)), value).toBeLessThan(bar);
    },
    120_000,
  );
});

/** The largest difference of two values, as a part of the largest number of the second. */
function farthest(values: Tensor, expected: Tensor): number {
  expect(values.shape).toEqual(expected.shape);
  const size = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.data.reduce(
    (most, value, place) => Math.max(most, Math.abs(value - expected.data[place]!) / size),
    0,
  );
}
