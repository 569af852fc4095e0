/** @file Copies of the last token in one run, against one whole run for each change, on every kind of mask and position. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tensor, type Tensor, type TensorData } from "../../src/base/tensor.ts";
import { capture } from "../../src/graph/edits/capture.ts";
import { replace, replacementInputs } from "../../src/graph/edits/replace.ts";
import { allHeads } from "../../src/interventions/headNames.ts";
import { openLastTokenRuns } from "../../src/interventions/lastTokenRuns.ts";
import { lacksLastTokenRuns } from "../../src/models/anatomy/lastTokenRepeats.ts";
import type { HeadAt } from "../../src/base/headName.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { hookName } from "../../src/models/anatomy/hookNames.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { openModel } from "../../src/models/open.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { oneEngine } from "./engine.ts";

const backend = await oneEngine();
const family = (name: string) => join(import.meta.dirname, "../fixtures/families", name);
/** Learned, rotary with grouped keys, linear biases; windows with two rotary tables; chunks with a temperature; no rotary in some layers. */
const MODELS = [
  ...["planted:induction", "zoo:llama-gqa", "planted:bloom"],
  ...["gemma3_two_ropes", "llama4_text", "llama_dynamic", "glm4_moe"].map(family),
];
const LENGTH = 12;
const row = (first: number) =>
  Array.from({ length: LENGTH }, (_, at) => 5 + ((first + at * 7) % 23));
const ANSWER = 9;

/** The answer's probability in a whole run in which one head's output at the last token is another. */
async function wholeRun(model: LoadedModel, heads: readonly HeadAt[], sources: readonly Tensor[]) {
  const layers = [...new Set(heads.map(({ layer }) => layer))];
  const z = (layer: number) => hookName(layer, "attn.hook_z");
  const edited = layers.reduce(
    (program, layer) => replace(program, z(layer), { by: ["batch", "position", "head"] }),
    capture(model.program, ["logits"]),
  );
  const feeds = new Map<string, Tensor<TensorData>>([
    ["tokens", tensor(["batch", "position"], [1, LENGTH], Int32Array.from(row(0)))],
  ]);
  for (const layer of layers) {
    const { on, replacement } = replacementInputs(z(layer));
    const { shape, data } = sources[layer]!;
    const [count, size] = shape as readonly [number, number];
    const switches = new Uint8Array(LENGTH * count);
    for (const head of heads)
      if (head.layer === layer) switches[(LENGTH - 1) * count + head.head] = 1;
    const values = new Float32Array(LENGTH * count * size);
    values.set(data, (LENGTH - 1) * count * size);
    feeds.set(on, tensor(["batch", "position", "head"], [1, LENGTH, count], switches));
    feeds.set(
      replacement,
      tensor(["batch", "position", "head", "d_head"], [1, LENGTH, count, size], values),
    );
  }
  const session = await prepare(edited, backend);
  const logits = (await session.run(feeds, ["logits"])).get("logits")!;
  await session.close();
  const last = [...logits.data.slice(-logits.shape[2]!)];
  const most = Math.max(...last);
  const exps = last.map((logit) => Math.exp(logit - most));
  const sum = exps.reduce((total, value) => total + value, 0);
  return { probability: exps[ANSWER]! / sum, isFirst: last[ANSWER] === most };
}

describe("openLastTokenRuns(model, backend, longest)", () => {
  test.each(MODELS)("gives what one whole run for each change gives, on %s", async (name) => {
    const model = await openModel(name);
    const runs = await openLastTokenRuns(model, backend, LENGTH);
    const sources = await runs.outputs(row(3));
    const all = allHeads(model.architecture);
    const changes = [[], ...all.slice(0, 4).map((head) => [head]), all.slice(-3), all];
    const answers = await runs.answers({ tokens: row(0), answer: ANSWER }, changes, sources);
    for (const [at, heads] of changes.entries()) {
      const expected = await wholeRun(model, heads, sources);
      expect(Math.abs(answers[at]!.probability / expected.probability - 1)).toBeLessThan(1e-4);
      expect(answers[at]!.isFirst).toBe(expected.isFirst);
    }
    const values = answers.map(({ probability }) => probability);
    expect(new Set(values.map((value) => value.toPrecision(3))).size).toBeGreaterThan(2);
    await runs.close();
    await model.close();
  });

  test("gives the same however many changes stand in one run, and longer rows than the context", async () => {
    const model = await openModel("zoo:llama-gqa"); // 64 positions
    const runs = await openLastTokenRuns(model, backend, LENGTH);
    const sources = await runs.outputs(row(3));
    const question = { tokens: row(0), answer: ANSWER };
    const many = Array.from({ length: 500 }, (_, at) => [{ layer: at % 2, head: at % 4 }]);
    const together = await runs.answers(question, many, sources);
    expect(together).toHaveLength(500);
    for (const at of [0, 1, 383, 384, 499]) {
      const [alone] = await runs.answers(question, [many[at]!], sources);
      expect(Math.abs(together[at]!.probability - alone!.probability)).toBeLessThan(1e-6);
    }
    await runs.close();
    await model.close();
  });

  test("has the closed form of a last layer without norm: the logits move by (mean - z) W_O W_U", async () => {
    const model = await openModel("planted:induction");
    const runs = await openLastTokenRuns(model, backend, LENGTH);
    const own = await runs.outputs(row(0));
    const nothing = own.map(({ axes, shape, data }) =>
      tensor(axes, shape, new Float32Array(data.length)),
    );
    const head = { layer: 1, head: 2 };
    const result = hookName(1, "attn.hook_result");
    const program = capture({ ...model.program, outputs: [] }, ["logits", result]);
    const session = await prepare(program, backend);
    const tokens = tensor(["batch", "position"], [1, LENGTH], Int32Array.from(row(0)));
    const trace = await session.run(new Map([["tokens", tokens]]));
    await session.close();
    const weight = model.program.weights.find(({ name }) => name === "unembed.W_U")!;
    const unembed = await readTensor(weight.stored);
    const [logits, results] = [trace.get("logits")!, trace.get(result)!];
    const [vocabulary, width] = [logits.shape[2]!, results.shape[3]!];
    const from = ((LENGTH - 1) * results.shape[2]! + head.head) * width;
    const output = results.data.slice(from, from + width);
    const moved = Array.from({ length: vocabulary }, (_, token) => {
      let product = 0;
      for (let entry = 0; entry < width; entry++)
        product += output[entry]! * unembed[entry * vocabulary + token]!;
      return logits.data[(LENGTH - 1) * vocabulary + token]! - product;
    });
    const sum = moved.reduce((total, logit) => total + Math.exp(logit), 0);
    const [answer] = await runs.answers({ tokens: row(0), answer: ANSWER }, [[head]], nothing);
    expect(Math.abs(answer!.probability / (Math.exp(moved[ANSWER]!) / sum) - 1)).toBeLessThan(1e-4);
    await runs.close();
    await model.close();
  });

  test("is refused for models whose positions see each other by other means", async () => {
    for (const name of ["planted:mamba", "planted:mamba2", family("jamba")])
      expect(lacksLastTokenRuns(await openModel(name))).toMatch(/by other means than attention/);
    expect(lacksLastTokenRuns(await openModel("zoo:llama-gqa"))).toBeNull();
  });
});
