/** @file The zoo: every model opens, by name and by step, and is what zoo.json says of it. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { load as loadInBrowser } from "../../src/browser.ts";
import { openModel } from "../../src/models/open.ts";
import { openTokenizer } from "../../src/models/openTokenizer.ts";
import { readZoo, ZOO } from "../../src/models/zoo/openZoo.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import type { ScoreResult } from "../../src/studies/score/result.ts";
import { scoreStacks } from "../../src/studies/stacks/scoreStacks.ts";
import { phaseRun } from "../../src/studies/phase/phaseRun.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { score } from "../../src/studies/score/score.ts";
import { ablateStacks } from "../../src/studies/stacks/ablateStacks.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { recipeFrom } from "../../src/training/recipe.ts";
import { backends } from "../runtime/backends.ts";

const zoo = await readZoo();
const [engine] = await backends();
const files = readdirSync(ZOO, { recursive: true }).map(String);

type Measured = Pick<ScoreResult, "scores" | "loss">;

/** What zoo.json has of a model: of an encoder-decoder that of the copy across. */
async function measured(model: LoadedModel) {
  const options = { backend: engine!, lossExamples: "all" } as const;
  if (!model.architecture.stacks) return score(model, options);
  const { parts, loss } = await scoreStacks(model, options);
  const of = (direction: string, name: string) =>
    parts
      .find((part) => part.direction === direction)!
      .scores.find((measure) => measure.name === name)!.values;
  return {
    scores: { induction: of("across", "alignment"), previousToken: of("back", "previousToken") },
    loss: { firstCopy: loss!.other.mean, secondCopy: loss!.copied.mean },
  } satisfies { scores: Partial<Measured["scores"]>; loss: object };
}

describe("the zoo", () => {
  test("has at most 12 MB, and nothing that zoo.json does not name", () => {
    const total = files.reduce((sum, file) => sum + statSync(join(ZOO, file)).size, 0);
    expect(total).toBeLessThan(12e6);
    expect(readdirSync(ZOO).sort()).toEqual(["zoo.json", ...Object.keys(zoo)].sort());
    for (const [name, model] of Object.entries(zoo)) {
      expect(readdirSync(join(ZOO, name)).sort()).toEqual([
        "checkpoints",
        "log.jsonl",
        "recipe.json",
      ]);
      const steps = readdirSync(join(ZOO, name, "checkpoints")).map((step) =>
        Number(step.slice(5)),
      );
      expect(steps.sort((a, b) => a - b)).toEqual(model.steps);
      for (const step of readdirSync(join(ZOO, name, "checkpoints")))
        expect(readdirSync(join(ZOO, name, "checkpoints", step)).sort()).toEqual(model.files);
    }
  });

  test.each(Object.entries(zoo))(
    "zoo:%s has the scores that zoo.json gives, and the architecture of its recipe",
    async (name, { scores: expected, about, known: findings, steps }) => {
      expect([about, findings].every((text) => text.length > 20)).toBe(true);
      const recipe = recipeFrom(JSON.parse(readFileSync(join(ZOO, name, "recipe.json"), "utf8")));
      expect(recipe.steps).toBe(steps.at(-1));
      const model = await openModel(`zoo:${name}`);
      const { layers, heads, contextLength, vocabulary } = recipe.model;
      expect(model.architecture).toMatchObject({ layers, heads, vocabulary });
      if (recipe.model.family !== "mamba2")
        expect(model.architecture).toMatchObject({ contextLength });
      const { scores, loss } = await measured(model);
      await model.close();
      for (const measure of ["induction", "previousToken"] as const) {
        const strong = scores[measure].flatMap((row, layer) =>
          row.flatMap((value, head) =>
            value >= 0.5 ? [[`${layer}.${head}`, value] as const] : [],
          ),
        );
        expect(strong.map(([head]) => head)).toEqual(Object.keys(expected[measure]));
        for (const [head, value] of strong) expect(value).toBeCloseTo(expected[measure][head]!, 2);
      }
      expect(loss!.firstCopy).toBeCloseTo(expected.firstCopyLoss, 2);
      expect(loss!.secondCopy).toBeCloseTo(expected.secondCopyLoss, 2);
    },
  );

  test.each([
    ["attn-2l", ["1.0", "1.1", "1.2", "1.3"]],
    ["llama-gqa", ["1.0", "1.1", "1.2", "1.3"]],
    ["attn-1l", []],
  ])("has the induction heads of %s by verdict: %j, each fed by 0.0", async (name, expected) => {
    const model = await openModel(`zoo:${name}`);
    const { heads, circuit } = await verdict(model, { backend: engine! });
    await model.close();
    const labelled = (label: string) =>
      heads.filter((head) => head.label === label).map(({ layer, head }) => `${layer}.${head}`);
    expect(labelled("induction").sort()).toEqual(expected);
    expect(labelled("previous-token")).toEqual(expected.length > 0 ? ["0.0"] : []);
    for (const to of expected)
      expect(circuit.edges).toContainEqual(
        expect.objectContaining({ from: "0.0", to, route: "k", effect: expect.any(Number) }),
      );
    expect(circuit.mechanism).toBe(expected.length > 0 ? "K" : null);
  });

  test("has a scan that copies by its convolution in mamba2, and none at its start", async () => {
    const model = await openModel("zoo:mamba2");
    const { heads } = await verdict(model, { backend: engine!, quick: true });
    await model.close();
    const found = heads.filter(({ label }) => label === "induction");
    expect(found.length).toBeGreaterThan(0);
    for (const { evidence } of found) expect(evidence.mechanism).toBe("convolution");
    const early = await openModel("zoo:mamba2@0");
    const start = await verdict(early, { backend: engine!, quick: true });
    await early.close();
    expect(start.heads.filter(({ label }) => label === "induction")).toEqual([]);
  });

  test("has cross heads that carry the copy in t5, and none at its start", async () => {
    const gain = async (name: string) => {
      const model = await openModel(name);
      const { loss, parts } = await ablateStacks(model, { backend: engine!, numExamples: 10 });
      await model.close();
      const cross = parts.find(({ attention }) => attention === "cross")!;
      return { gain: loss.gain.mean, alone: Math.max(...cross.restored.flat()) };
    };
    const copies = await gain("zoo:t5");
    expect(copies.gain).toBeGreaterThan(10);
    expect(copies.alone).toBeGreaterThan(5);
    const start = await gain("zoo:t5@0");
    expect(Math.max(start.gain, start.alone)).toBeLessThan(0.1);
  });

  test("has cross heads that find what comes next by content in t5: not where all tokens are one", async () => {
    const model = await openModel("zoo:t5");
    const name = "decoder.blocks.0.cross_attn.hook_pattern";
    const ids = Array.from({ length: 20 }, (_, place) => 2 + 3 * place);
    const alignmentOf = async (row: readonly number[]) => {
      const { cache } = await runWithCache(
        model,
        { encoder: [[...row, 1]], decoder: [[0, ...row]] },
        { backend: engine!, names: name },
      );
      const { data, shape } = cache.get(name);
      const [, heads, queries, keys] = shape as [number, number, number, number];
      const at = (head: number, place: number) => data[(head * queries + place) * keys + place]!;
      return Math.max(
        ...Array.from(
          { length: heads },
          (_, head) =>
            ids.slice(1, -1).reduce((sum, _id, index) => sum + at(head, index + 1), 0) / 18,
        ),
      );
    };
    expect(await alignmentOf(ids)).toBeGreaterThan(0.95);
    expect(await alignmentOf(ids.map(() => 5))).toBeLessThan(0.15);
    await model.close();
  });

  test.each([
    ["mamba2", 325, 375],
    ["t5", 700, 900],
  ])("has the change of %s between steps %d and %d", async (name, low, high) => {
    const steps = zoo[name]!.steps;
    const open = (step: number) => () => openModel(`zoo:${name}@${step}`);
    const checkpoints = steps.map((step) => ({ step, open: open(step) }));
    const options = { backend: engine!, numExamples: 8 };
    const { change, curves } = await phaseRun(checkpoints, options);
    expect(change!.step).toBeGreaterThan(low);
    expect(change!.step).toBeLessThan(high);
    expect(curves.copying).toBeNull();
  });

  test("has the change of attn-2l between steps 225 and 300", async () => {
    const best = async (step: number) => {
      const model = await openModel(`zoo:attn-2l@${step}`);
      const { scores } = await score(model, { backend: engine!, numExamples: 10, lossExamples: 0 });
      await model.close();
      return Math.max(...scores.induction.flat());
    };
    expect(await best(225)).toBeLessThan(0.1);
    expect(await best(300)).toBeGreaterThan(0.8);
  });

  test("has the model of a step under NAME@STEP, and refuses names and steps that it has not", async () => {
    const early = await openModel("zoo:attn-2l@0");
    expect(early.id).toBe("zoo:attn-2l@0");
    const { scores } = await score(early, { backend: engine!, numExamples: 10, lossExamples: 0 });
    await early.close();
    expect(Math.max(...scores.induction.flat())).toBeLessThan(0.1);
    await expect(openModel("zoo:attn-2L")).rejects.toThrow(
      "did you mean zoo:attn-2l (there are: attn-2l",
    );
    await expect(openModel("zoo:attn-2l@7")).rejects.toThrow("has no step 7, it has 0, 25");
    await expect(openModel("zoo:attn-2l@")).rejects.toThrow("has no step");
    await expect(openTokenizer("zoo:attn-2l")).rejects.toThrow("has no tokenizer");
  });
});

describe('load("zoo:NAME") in a browser', () => {
  afterEach(() => vi.unstubAllGlobals());

  test("fetches the same weights from where the zoo is served", async () => {
    const served = vi.fn((url: string) => {
      const path = join(ZOO, url.replace("https://example.org/z/", ""));
      return Promise.resolve(new Response(readFileSync(path)));
    });
    vi.stubGlobal("fetch", served);
    const model = await loadInBrowser("zoo:attn-2l@0", { zoo: "https://example.org/z/" });
    const onDisk = await openModel("zoo:attn-2l@0");
    expect([model.id, model.sha256]).toEqual([onDisk.id, onDisk.sha256]);
    await onDisk.close();
    expect(served).toHaveBeenCalledTimes(3);
  });

  test("says what could not be fetched", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("", { status: 404 })));
    await expect(loadInBrowser("zoo:attn-2l")).rejects.toThrow(
      "zoo/zoo.json could not be fetched: 404",
    );
  });
});
