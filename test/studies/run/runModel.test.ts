/** @file Values that are too large together for one run come in several, and are what one run would give. */
import { expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { groupsOf, matchValues, runModel } from "../../../src/studies/run/runModel.ts";
import { oneEngine } from "../../interventions/engine.ts";

const value = (name: string, count: number) => ({ name, axes: ["batch", "x"], shape: [2, count] });

test("groupsOf: in order, as many together as fit, and one that does not fit by itself alone", () => {
  const values = [value("a", 2), value("b", 3), value("c", 9), value("d", 1)];
  const groups = groupsOf(values, 0.5, 20).map((group) => group.map(({ name }) => name));
  expect(groups).toEqual([["a", "b"], ["c"], ["d"]]); // 8 + 12 bytes, 36, 4 of one row in two
  expect(groupsOf([], 1)).toEqual([]);
});

test("runModel: every value once for each cut of the rows, equal however few bytes a run may hand over", async () => {
  const model = await openPlanted("induction");
  const names = matchValues(model.program, ["*"]);
  const tokens = [0, 1].map((row) => Array.from({ length: 12 }, (_, at) => 1 + ((at + row) % 6)));
  const run = async (valuesBytes?: number) => {
    const values = new Map<string, number[]>();
    let steps = 0;
    const receive = ({ name }: { name: string }, first: number, { data }: { data: Float32Array }) =>
      void values.set(`${name} ${first}`, [...data]);
    const progress = () => void steps++;
    const options = { backend: await oneEngine(), tokens, names, receive, progress, valuesBytes };
    await runModel(model, options);
    return { found: values, steps };
  };
  const [whole, parts] = [await run(), await run(5000)];
  expect(whole.steps).toBe(1);
  expect(parts.steps).toBeGreaterThan(5);
  expect([...parts.found.keys()]).toEqual([...whole.found.keys()]);
  for (const [name, values] of whole.found)
    parts.found.get(name)!.forEach((other, at) => expect(other).toBeCloseTo(values[at]!, 5));
});

test("runModel: learned positions alone, which read no token, are as many as the rows are long", async () => {
  const model = await openPlanted("induction");
  const shapes: (readonly number[])[] = [];
  await runModel(model, {
    backend: await oneEngine(),
    tokens: [[1, 2, 3]],
    names: ["hook_pos_embed"],
    receive: ({ shape }, _, { data }) => void shapes.push(shape, [data.length]),
  });
  expect(shapes).toEqual([[1, 3, 257], [3 * 257]]);
});
