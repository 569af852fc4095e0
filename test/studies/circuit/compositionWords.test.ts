import { expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { circuit } from "../../../src/studies/circuit/circuit.ts";
import { circuitView } from "../../../src/studies/circuit/view.ts";
import { oneEngine } from "../../interventions/engine.ts";

const engine = await oneEngine();

test("without a composition the words say whether there are layers to compose", async () => {
  const result = {
    ...(await circuit(await openPlanted("induction"), { backend: engine })),
    top: [],
  };
  expect(circuitView(result).sentences).toEqual([
    "No head composes with the keys of another: all these products of weights are 0.",
  ]);
  const oneLayer = { ...result, model: { ...result.model, layers: 1 } };
  expect(circuitView(oneLayer).sentences).toEqual(["A model of one layer has no composition."]);
});
