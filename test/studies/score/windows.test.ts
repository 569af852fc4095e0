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
import { attention } from "../../../src/studies/attention/attention.ts";
import { compare } from "../../../src/studies/compare/compare.ts";
import { text } from "../../../src/studies/text/text.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { CONFIG, writeFolder } from "../../models/tinyLlama.ts";
import { changedModel } from "../changedModel.ts";

const FAMILIES = join(import.meta.dirname, "../../fixtures/families");
const backend = await oneEngine();

async function withoutQueries(name: string) {
  const model = await openFolder(join(FAMILIES, name), name);
  return changedModel(model, "even", (weight, values) =>
    /\.attn\.(W|b)_Q$/.test(weight) ? values.fill(0) : null,
  );
}

/** Windows of 5 in a layer; chunks of 5 in two layers. */
test.each([
  ["gemma3_two_ropes", 8],
  ["gemma3_two_ropes", 16],
  ["llama4_text", 12],
])("%s of %i tokens: heads without queries score the null of their layer", async (name, seqLen) => {
  const even = await withoutQueries(name);
  const result = await score(even, { backend, numExamples: 12, seqLen });
  await even.close();
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

test.each([
  ["gemma3_two_ropes", 16],
  ["llama4_text", 12],
])(
  "%s: heads without queries do nothing in a verdict, a comparison and on a text",
  async (name, seqLen) => {
    const even = await withoutQueries(name);
    const { heads } = await verdict(even, { backend, quick: true, seqLen });
    for (const { layer, head, label, evidence } of heads) {
      const { previousToken, currentToken, firstToken, fixedDistance } = evidence.attention;
      for (const [what, strength] of Object.entries({ previousToken, currentToken, firstToken }))
        expect(strength.value, `${what} of ${layer}.${head}`).toBeCloseTo(0, 6);
      expect(fixedDistance?.value ?? 0, `a stripe of ${layer}.${head}`).toBeCloseTo(0, 6);
      expect(label).toBe("other");
    }
    const options = { backend, numExamples: 4, seqLen };
    const compared = await compare([even, even], options);
    expect(compared.models[0]!.uniformByLayer).toEqual((await score(even, options)).uniformByLayer);
    const tokens = [Array.from({ length: 12 }, (_, at) => 1 + (at % 4))];
    const { repeats } = await text(even, { backend, tokens });
    for (const { scores, uniformByLayer } of repeats!.groups)
      scores.forEach((values, layer) =>
        values.forEach((value) => expect(value).toBeCloseTo(uniformByLayer![layer]!, 6)),
      );
    const { heads: shown } = await attention(even, { backend, tokens, heads: ["0.0"] });
    for (const mean of Object.values(shown[0]!.looksAt))
      expect(mean!.value).toBeCloseTo(mean!.uniform, 6);
    await even.close();
  },
);

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
