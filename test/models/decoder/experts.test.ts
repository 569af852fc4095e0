/** @file Routes and sinks as values of their own: read, held, changed. */
import { describe, expect, test } from "vitest";
import { tensor, type Tensor, type TensorData } from "../../../src/base/tensor.ts";
import { freeze } from "../../../src/graph/edits/freeze.ts";
import { slice } from "../../../src/graph/edits/slice.ts";
import { modelFrom } from "../../../src/models/families.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { backends } from "../../runtime/backends.ts";
import { unlessShared } from "../../shared.ts";
import { golden, valuesOf } from "../golden.ts";

const engines = await backends();
const { skip, note } = unlessShared("goldens");
describe.skipIf(skip)(`experts${note}`, () => {
  for (const family of ["mixtral", "deepseek_v3", "qwen3_moe", "olmoe"]) {
    test(`${family}: each token goes to different experts, largest score first`, async () => {
      const { config, checkpoint, tokens } = await golden(family);
      const model = modelFrom(config, checkpoint);
      const { count, perToken, layers } = model.architecture.experts!;
      const at = `blocks.${layers[0]}.mlp`;
      const names = [`${at}.hook_expert_indices`, `${at}.hook_expert_weights`];
      const [indices, weights] = await valuesOf(model, tokens, names).then((trace) =>
        names.map((name) => trace.get(name)!),
      );
      expect(indices!.axes).toEqual(["batch", "position", "slot"]);
      for (let row = 0; row < indices!.data.length; row += perToken) {
        const chosen = [...indices!.data.slice(row, row + perToken)];
        expect(new Set(chosen).size).toBe(perToken);
        expect(chosen.every((expert) => expert >= 0 && expert < count)).toBe(true);
      }
      expect(weights!.data.every((weight) => weight > 0)).toBe(true);
    });
  }

  for (const engine of engines) {
    test(`routes that are held give the same logits, and others give others, on ${engine.device}`, async () => {
      const { config, checkpoint, tokens } = await golden("mixtral");
      const model = modelFrom(config, checkpoint);
      const routeNames = ["hook_expert_indices", "hook_expert_weights"].map(
        (name) => `blocks.0.mlp.${name}`,
      );
      const free = await valuesOf(model, tokens, [...routeNames, "logits"]);
      const program = slice(freeze(model.program, routeNames), { outputs: ["logits"] });
      const session = await prepare(program, engine);
      const ids = tensor(["batch", "position"], [2, 24], Int32Array.from(tokens.flat()));
      const indices = free.get(routeNames[0]!)!;
      const run = async (shift: number) => {
        const moved = Int32Array.from(indices.data, (expert) => (expert + shift) % 4);
        const feeds = new Map<string, Tensor<TensorData>>([
          ["tokens", ids],
          [routeNames[0]!, tensor(indices.axes, indices.shape, moved)],
          [routeNames[1]!, free.get(routeNames[1]!)!],
        ]);
        return (await session.run(feeds)).get("logits")!.data;
      };
      const [same, other] = [await run(0), await run(1)];
      await session.close();
      const want = free.get("logits")!.data;
      const gap = (data: ArrayLike<number>) =>
        want.reduce((most, value, index) => Math.max(most, Math.abs(value - data[index]!)), 0);
      expect(gap(same)).toBeLessThan(1e-4);
      expect(gap(other)).toBeGreaterThan(0.1);
    });
  }
});
