import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { intercept } from "../../../src/graph/edits/intercept.ts";
import { openFolder } from "../../../src/models/folder.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { attributionResult } from "../../../src/studies/attribution/result.ts";
import { attribution } from "../../../src/studies/attribution/attribution.ts";
import { patch } from "../../../src/studies/patch/patch.ts";
import { pathPatch } from "../../../src/studies/path/path.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { furthest, golden, GOLDENS, ownPairOf, TOLERANCE } from "../../interventions/goldens.ts";

const engine = await oneEngine();
const OPTIONS = { numExamples: 3, seqLen: 12, design: "BC", raw: true } as const;

/** The model with token embeddings made small beside everything else, so that corruption is a small step. */
function withSmallEmbeddings(model: LoadedModel, size: number): LoadedModel {
  const program = intercept(model.program, "hook_embed", (value, before) => {
    const added = {
      name: "embedding.middle",
      type: "float32" as const,
      axes: value.axes.slice(-1),
    };
    const width = Number(value.axes.at(-1)!.size);
    const middle = Array.from({ length: width }, (_, index) => Math.sin(1 + 7 * index));
    const small = { name: "embedding.size", type: "float32" as const, axes: [], data: [size] };
    return {
      constants: [small, { ...added, data: middle }],
      ops: [
        { op: "mul", inputs: [before, small.name], output: "embedding.small", attributes: {} },
        {
          op: "add",
          inputs: ["embedding.small", added.name],
          output: "hook_embed",
          attributes: {},
        },
      ],
    };
  });
  return { ...model, program };
}

/** float32 rounding of a log-probability of a few nats. */
const ROUNDING = 5e-6;

describe("attribution", () => {
  for (const name of GOLDENS) {
    const { skip, note, analysis, model } = golden(name);
    test.skipIf(skip)(
      `equals TransformerLens' attribution patching on ${name}${note}`,
      async () => {
        const expected = analysis();
        const loaded = await model();
        const own = ownPairOf(expected);
        const result = await attribution(loaded, {
          backend: engine,
          rows: own,
          raw: true,
          paths: true,
        });
        await loaded.close();
        expect(attributionResult.safeParse(result).error).toBeUndefined();
        const [out] = result.units;
        expect(furthest(out!.change, expected["attribution_patch_z"])).toBeLessThan(TOLERANCE);
        expect(Math.abs(result.metric.clean - expected.metric_clean)).toBeLessThan(TOLERANCE);
      },
    );
  }

  for (const name of ["gpt2", "neox", "llama", "qwen3", "granite", "glm4"]) {
    const { skip, note } = unlessShared("goldens", name, "config.json");
    test.skipIf(skip)(
      `comes within a twentieth of exact patches of ${name}, both ways, when the step is small${note}`,
      async () => {
        const loaded = await openFolder(shared("goldens", name)!, name);
        const model = withSmallEmbeddings(loaded, 0.05);
        for (const mode of ["denoise", "noise"] as const) {
          const result = await attribution(model, { backend: engine, ...OPTIONS, mode });
          const base = mode === "denoise" ? result.metric.corrupted : result.metric.clean;
          for (const { unit, change } of result.units) {
            const { values } = await patch(model, { backend: engine, ...OPTIONS, mode, unit });
            const exact = (values as number[][]).map((row) => row.map((value) => value - base));
            const largest = Math.max(...exact.flat().map(Math.abs));
            expect(furthest(change, exact), `${mode} ${unit}`).toBeLessThan(
              largest / 20 + ROUNDING,
            );
          }
        }
        await loaded.close();
      },
    );

    test.skipIf(skip)(
      `estimates paths of ${name} as exact path patching has them when the step is small${note}`,
      async () => {
        const loaded = await openFolder(shared("goldens", name)!, name);
        const model = withSmallEmbeddings(loaded, 0.05);
        const rows = { numExamples: 3, seqLen: 12, design: "BC" } as const;
        const { paths } = await attribution(model, {
          backend: engine,
          ...rows,
          raw: true,
          units: ["head-out"],
          paths: true,
          mode: "noise",
          topK: 10_000,
        });
        const { layers, heads } = model.architecture;
        expect(paths!.count).toBe(layers * heads + (3 * heads * heads * layers * (layers - 1)) / 2);
        const into = `${layers - 1}.${heads - 1}`;
        for (const route of ["q", "k", "v", "logits"] as const) {
          const exact = await pathPatch(model, {
            backend: engine,
            ...rows,
            route,
            metric: "log-probability",
            ...(route !== "logits" && { into: [into] }),
          });
          const largest = Math.max(...exact.paths.map(({ drop }) => Math.abs(drop)));
          for (const { from, drop } of exact.paths) {
            const ours = paths!.top.find(
              (edge) =>
                edge.from === from[0] &&
                edge.route === route &&
                edge.into === (route === "logits" ? null : into),
            )!;
            expect(Math.abs(ours.change + drop), `${route} from ${from}`).toBeLessThan(
              largest / 20 + ROUNDING,
            );
          }
        }
        await loaded.close();
      },
    );
  }

  const { skip, note } = unlessShared("goldens", "olmo2", "config.json");
  test.skipIf(skip)(
    `estimates heads whose keys are normalised together, and refuses their paths${note}`,
    async () => {
      const model = await openFolder(shared("goldens", "olmo2")!, "olmo2");
      const { units } = await attribution(model, { backend: engine, ...OPTIONS });
      expect(units.map(({ unit }) => unit)).toContain("head-k");
      await expect(
        attribution(model, { backend: engine, ...OPTIONS, paths: true }),
      ).rejects.toThrow(/keys of layer 0 are normalised over all heads together/);
      await model.close();
    },
  );

  test("paths of a head sum to the head's own estimate where nothing but attention lies behind it", async () => {
    const model = await openPlanted("induction");
    const result = await attribution(model, {
      backend: engine,
      numExamples: 4,
      paths: true,
      topK: 1000,
      metric: "centred-logit",
    });
    const out = result.units.find(({ unit }) => unit === "head-out")!.change;
    out.forEach((row, layer) =>
      row.forEach((change, head) => {
        const paths = result.paths!.top.filter(({ from }) => from === `${layer}.${head}`);
        const sum = paths.reduce((total, path) => total + path.change, 0);
        expect(Math.abs(sum - change)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(change)));
      }),
    );
  });

  test("a screen runs its best heads and its random ones exactly: effects are those of patch", async () => {
    const model = await openPlanted("induction");
    const result = await attribution(model, {
      backend: engine,
      numExamples: 10,
      units: ["head-out"],
      screen: 2,
      controls: 3,
    });
    expect(attributionResult.safeParse(result).error).toBeUndefined();
    const { confirmed, largestControl } = result.screen!;
    expect(confirmed.map(({ why }) => why).sort()).toEqual([
      "control",
      "control",
      "control",
      "estimate",
      "estimate",
    ]);
    const best = confirmed.filter(({ why }) => why === "estimate");
    expect(best.map(({ layer, head }) => `${layer}.${head}`).sort()).toEqual(["0.3", "1.2"]);
    const exact = await patch(model, { backend: engine, numExamples: 10 });
    for (const { layer, head, effect, low, high } of confirmed) {
      expect(effect).toBeCloseTo((exact.effects as number[][])[layer]![head]!, 6);
      expect(furthest([low, high], exact.intervals![layer]![head])).toBeLessThan(1e-6);
    }
    const controls = confirmed.filter(({ why }) => why === "control");
    expect(largestControl).toBe(Math.max(...controls.map(({ effect }) => Math.abs(effect))));
    expect(result.words.join(" ")).toMatch(/approximate.* run exactly/);

    const { change, intervals } = result.units[0]!;
    const run = new Set(confirmed.map(({ layer, head }) => `${layer}.${head}`));
    const left = change.flatMap((row, layer) =>
      row.flatMap((value, head) => {
        const [low, high] = intervals[layer]![head]!;
        expect((low + high) / 2).toBeCloseTo(value, 6);
        const name = `${layer}.${head}`;
        return low * high > 0 && !run.has(name) ? [{ name, size: Math.abs(value) }] : [];
      }),
    );
    left.sort((first, other) => other.size - first.size);
    const sizes = change.flat().map(Math.abs);
    const { beyond } = result.screen!;
    expect(beyond.heads).toEqual(left.map(({ name }) => name));
    expect(beyond.screen).toBe(
      left.length === 0 ? 0 : sizes.filter((size) => size >= left.at(-1)!.size).length,
    );
    expect(result.words.join(" ").includes("interval excludes 0")).toBe(left.length > 0);
  });

  test("refuses metrics that are no number per sequence, screens of nothing, and differences within noise", async () => {
    const model = await openPlanted("induction");
    await expect(attribution(model, { backend: engine, metric: "kl" })).rejects.toThrow(InputError);
    await expect(attribution(model, { backend: engine, screen: 0 })).rejects.toThrow(
      /needs a whole number from 1 on/,
    );
    await expect(attribution(model, { backend: engine, screen: 1, raw: true })).rejects.toThrow(
      /raw/,
    );
    const clean = [1, 2, 3].map((first) => [first, first + 9, 20, first, first + 9, 20]);
    const own = { clean, corrupted: clean, period: 3, bos: false };
    await expect(attribution(model, { backend: engine, rows: own })).rejects.toThrow(
      /3 standard errors/,
    );
  });
});
