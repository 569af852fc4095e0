/** @file The null of layers that do not see all: what heads score whose queries are zero, so that they attend to all they see alike. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import { openModel } from "../../../src/models/open.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { SCORE_NAMES } from "../../../src/studies/score/result.ts";
import { score } from "../../../src/studies/score/score.ts";
import { toText } from "../../../src/studies/views.ts";
import { emptyFolder } from "../../cli/cli.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { CONFIG, writeFolder } from "../../models/tinyLlama.ts";
import { changedModel } from "../changedModel.ts";

const FAMILIES = join(import.meta.dirname, "../../fixtures/families");
const backend = await oneEngine();

/** Windows of 5 in a layer; chunks of 5 in two layers. */
test.each([
  ["gemma3_two_ropes", 8],
  ["gemma3_two_ropes", 16],
  ["llama4_text", 12],
])("%s of %i tokens: heads without queries score the null of their layer", async (name, seqLen) => {
  const model = await openFolder(join(FAMILIES, name), name);
  const even = await changedModel(model, "even", (weight, values) =>
    /\.attn\.(W|b)_Q$/.test(weight) ? values.fill(0) : null,
  );
  const result = await score(even, { backend, numExamples: 12, seqLen });
  await model.close();
  const { scores, uniform, uniformByLayer } = result;
  for (const measure of SCORE_NAMES)
    scores[measure].forEach((heads, layer) => {
      for (const value of heads)
        expect(value, `${measure} of layer ${layer}`).toBeCloseTo(
          uniformByLayer![measure]![layer]!,
          6,
        );
    });
  const whole = name === "llama4_text" ? 2 : 1; // the layer that sees all
  for (const measure of SCORE_NAMES)
    expect(uniformByLayer![measure]![whole]).toBe(uniform[measure]);
  expect(uniformByLayer!.currentToken![0]).toBeGreaterThan(uniform.currentToken);
  expect(await toText(result)).toMatch(/in layers? [\d-]+,[^]*by how far they see/);
});

test("a model whose layers see all of the rows has one null for all", async () => {
  const config = { ...CONFIG, model_type: "mistral", sliding_window: 12 };
  const model = await openModel(writeFolder(emptyFolder(), undefined, { config }));
  const within = await score(model, { backend, numExamples: 4, seqLen: 12, bos: "off" });
  const beyond = await score(model, { backend, numExamples: 4, seqLen: 14, bos: "off" });
  await model.close();
  expect(within).not.toHaveProperty("uniformByLayer");
  expect(beyond.uniformByLayer!.firstToken![0]).toBeLessThan(beyond.uniform.firstToken);
  const planted = await openPlanted("induction");
  expect(await score(planted, { backend, numExamples: 4 })).not.toHaveProperty("uniformByLayer");
});
