import { expect, test } from "vitest";
import { headsCalled } from "../../src/interventions/headNames.ts";

const MODEL = { layers: 2, heads: 4 };

test("gives heads by name, by numbers and by layer, each once, in the order of the choices", () => {
  const heads = headsCalled(["1.2", { layer: 0, head: 3 }, "1.*", " 0.3 "], MODEL, "heads");
  expect(heads.map(({ layer, head }) => `${layer}.${head}`)).toEqual([
    ..."1.2 0.3 1.0 1.1 1.3".split(" "),
  ]);
});

test("gives all heads for a star", () => {
  expect(headsCalled(["*"], MODEL, "heads")).toHaveLength(8);
});

test.each([
  ["9.9", "the model has heads 0.0 to 1.3, got 9.9; nearest: 1.3"],
  ["9.*", "the model has heads 0.0 to 1.3, got 9.0; nearest: 1.0"],
  ["L1", 'heads are written layer.head, such as "1.2", got "L1"'],
  [{ layer: 0, head: 1.5 }, "the model has heads 0.0 to 1.3, got 0.1.5; nearest: 0.2"],
  [{ layer: -1, head: NaN }, "the model has heads 0.0 to 1.3, got -1.NaN; nearest: 0.0"],
])("refuses %j, and the error names the option that it came from", (choice, message) => {
  expect(() => headsCalled([choice], MODEL, "sets")).toThrow(
    expect.objectContaining({ code: "unknown-head", option: "sets", message }),
  );
});

test("refuses a text in place of a list", () => {
  expect(() => headsCalled("1.2" as unknown as string[], MODEL, "from")).toThrow(
    expect.objectContaining({ option: "from", message: expect.stringContaining("as a list") }),
  );
});
