import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { modelFrom } from "../../src/models/families.ts";
import { goldenAt } from "./golden.ts";

const { config, checkpoint } = await goldenAt(
  join(import.meta.dirname, "../fixtures/families/apertus"),
);
const read = (changes: object) => modelFrom({ ...config, ...changes }, checkpoint);

describe("apertus", () => {
  test("without beta and eps in its files has the reference's", () => {
    const weights = new Map([...checkpoint.weights].filter(([name]) => !/beta$|eps$/.test(name)));
    const { program } = modelFrom(config, { ...checkpoint, weights });
    const numbers = program.constants.flatMap(({ axes, data }) => (axes.length === 0 ? data : []));
    expect(numbers).toEqual(expect.arrayContaining([0.5, -1e-6]));
  });

  test("has the rotary positions of its class where a configuration says nothing of them", () => {
    const { architecture } = read({ rope_parameters: undefined });
    expect(architecture.rotary![0]).toMatchObject({ entries: 8 });
    expect(read({ rope_parameters: undefined, rope_theta: 12e6 }).program).toEqual(
      read({ rope_parameters: undefined }).program,
    );
  });

  test.each([
    [{ rope_theta: 5e5 }, "got rope_theta 500000 alone"],
    [{ rope_scaling: null }, "got rope_scaling null"],
  ])("with %j in place of rope_parameters is refused", (changes, message) => {
    expect(() => read({ rope_parameters: undefined, ...changes })).toThrow(message);
  });
});
