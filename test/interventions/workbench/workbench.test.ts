import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tensor } from "../../../src/base/tensor.ts";
import { load, loadFiles, openEngine } from "../../../src/browser.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import type { IdealPattern } from "../../../src/results/causalNames.ts";
import type { Backend } from "../../../src/base/backend.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { ablationRows } from "../../../src/inputs/ablationRows.ts";
import { runModel } from "../../../src/studies/run/runModel.ts";
import { score } from "../../../src/studies/score/score.ts";
import {
  openWorkbench,
  type HeadEdit,
  type Workbench,
} from "../../../src/interventions/workbench/workbench.ts";

const EXAMPLES = 4;
let model: LoadedModel;
let backend: Backend;
let bench: Workbench;
let rows: Awaited<ReturnType<typeof ablationRows>>;
const options = { numExamples: EXAMPLES, referenceExamples: 6 };

beforeAll(async () => {
  model = await load("planted:induction");
  backend = await openEngine();
  rows = await ablationRows(model.architecture, options);
  bench = await openWorkbench(model, { backend, rows: EXAMPLES, length: rows.info.length });
});
afterAll(() => bench.close());

const rowsNow = () => ({
  tokens: rows.tokens,
  repeats: { start: rows.start, period: rows.period, length: rows.info.length },
});
/** Mean loss of tokens 2 ... S of each copy, as `ablate` reads them. */
async function lossesWith(edits: readonly HeadEdit[]) {
  const reference = await bench.reference(rows.reference);
  const { losses } = await bench.run(rowsNow(), { edits, reference });
  const [examples, length] = losses.shape as readonly [number, number];
  const copy = (begin: number) => {
    let sum = 0;
    for (let row = 0; row < examples; row++)
      for (let at = begin + 1; at < begin + rows.period; at++)
        sum += losses.data[row * length + at]!;
    return sum / (examples * (rows.period - 1));
  };
  return { firstCopy: copy(rows.start), secondCopy: copy(rows.start + rows.period) };
}

test.each(["zero", "mean", "resample"] as const)(
  "gives the losses of the ablation study for %s, alone and in sets across layers",
  async (kind) => {
    for (const heads of [["1.2"], ["0.3"], ["0.3", "1.2", "1.0"]]) {
      const study = await ablate(model, { backend, ...options, kind, sets: [heads] });
      const edits = heads.map((name) => {
        const [layer, head] = name.split(".").map(Number) as [number, number];
        return { layer, head, kind };
      });
      const losses = await lossesWith(edits);
      for (const copy of ["firstCopy", "secondCopy"] as const)
        expect(losses[copy]).toBeCloseTo(study.loss[copy] + study.sets[0]![copy], 5);
    }
  },
);

test("gives the losses of the ablation study for ideal patterns", async () => {
  const study = await ablate(model, { backend, ...options, kind: "zero", idealise: ["1.2"] });
  for (const ideal of study.ideal) {
    const losses = await lossesWith([
      { layer: 1, head: 2, kind: "ideal", pattern: ideal.pattern as IdealPattern },
    ]);
    expect(losses.secondCopy).toBeCloseTo(study.loss.secondCopy + ideal.secondCopy, 5);
  }
});

test("gives the scores of the score study, and those of other heads once a head they read is gone", async () => {
  const scored = await score(model, { backend, numExamples: EXAMPLES });
  const whole = await bench.run(rowsNow());
  for (const [name, values] of Object.entries(whole.scores!))
    values.flat().forEach((value, at) => {
      expect(value).toBeCloseTo(scored.scores[name as "induction"].flat()[at]!, 5);
    });
  const cut = await bench.run(rowsNow(), { edits: [{ layer: 0, head: 3, kind: "zero" }] });
  expect(cut.scores!.induction[1]![2]!).toBeLessThan(0.2);
  expect(whole.scores!.induction[1]![2]!).toBeGreaterThan(0.9);
});

test("shows patterns, norms of values and logits of one layer as a plain run has them, for rows that do not repeat too", async () => {
  const tokens = tensor(["batch", "position"], [1, 5], Int32Array.of(3, 9, 3, 9, 200));
  const look = await bench.run({ tokens, repeats: null }, { layer: 1, logitPositions: [4, 0] });
  const names = ["blocks.1.attn.hook_pattern", "blocks.1.attn.hook_v", "logits"];
  const plain = new Map<string, Float32Array>();
  await runModel(model, {
    backend,
    tokens: [[...tokens.data]],
    names,
    receive: ({ name }, _, { data }) => {
      plain.set(name, data);
    },
  });
  expect(look.scores).toBeNull();
  expect([...look.patterns!.data]).toEqual([...plain.get(names[0]!)!]);
  const vocabulary = model.architecture.vocabulary;
  expect([...look.logits!.data.subarray(0, vocabulary)]).toEqual([
    ...plain.get("logits")!.subarray(4 * vocabulary),
  ]);
  const v = plain.get(names[1]!)!;
  const width = v.length / (5 * model.architecture.heads);
  const norm = Math.hypot(...v.subarray(2 * width, 3 * width)); // position 0, head 2
  expect(look.valueNorms!.data[2]).toBeCloseTo(norm, 5);
});

describe("of a hybrid", () => {
  let hybrid: LoadedModel;
  let hybridBench: Workbench;
  const ids = [3, 9, 3, 9, 20];
  const tokens = tensor(["batch", "position"], [1, ids.length], Int32Array.from(ids));
  beforeAll(async () => {
    const folder = fileURLToPath(new URL("../../fixtures/families/jamba/", import.meta.url));
    const files = ["config.json", "model.safetensors"].map((name) => ({
      name,
      blob: new Blob([readFileSync(folder + name)]),
    }));
    hybrid = await loadFiles(files, { id: "jamba" });
    hybridBench = await openWorkbench(hybrid, { backend, rows: 1, length: ids.length });
  });
  afterAll(() => hybridBench.close());

  test("shows each layer's own patterns, of attention and of scans, however many units it has", async () => {
    const { layers, headsByLayer } = hybrid.architecture;
    expect(new Set(headsByLayer).size).toBeGreaterThan(1);
    for (let layer = 0; layer < layers; layer++) {
      const { patterns, valueNorms } = await hybridBench.run({ tokens, repeats: null }, { layer });
      const name = `blocks.${layer}.attn.hook_pattern`;
      await runModel(hybrid, {
        backend,
        tokens: [ids],
        names: [name],
        receive: (_, __, { data }) => expect([...patterns!.data]).toEqual([...data]),
      });
      expect(patterns!.shape[1]).toBe(headsByLayer![layer]);
      expect(headsByLayer![layer]! % valueNorms!.shape[2]!).toBe(0);
    }
  });

  test("refuses an ideal pattern of a state-space layer, which nothing would read", async () => {
    const layer = hybrid.architecture.scan!.layers[0]!;
    const edits = [{ layer, head: 0, kind: "ideal", pattern: "induction" }] as const;
    const repeats = { start: 1, period: 2, length: ids.length };
    await expect(hybridBench.run({ tokens, repeats }, { edits })).rejects.toThrow(
      `${layer}.0 cannot get an ideal pattern: layer ${layer} is a state-space layer, whose pattern is only looked at`,
    );
  });
});

test("refuses a head that is not there, and edits that need rows that are not there", async () => {
  const edit = { layer: 0, head: 1 } as const;
  await expect(
    bench.run(rowsNow(), { edits: [{ layer: 2, head: 0, kind: "zero" }] }),
  ).rejects.toThrow("the model has heads 0.0 to 1.3, got 2.0");
  await expect(bench.run(rowsNow(), { edits: [{ ...edit, kind: "mean" }] })).rejects.toThrow(
    "mean ablation of 0.1 needs reference rows of 65 tokens",
  );
  await expect(
    bench.run(
      { ...rowsNow(), repeats: null },
      { edits: [{ ...edit, kind: "ideal", pattern: "firstToken" }] },
    ),
  ).rejects.toThrow("an ideal pattern of 0.1 needs rows that repeat");
});
