import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drawnInNode } from "../../../src/draw/drawnInNode.ts";
import { lazySvg } from "../../../src/draw/lazySvg.ts";
import { picturesOf } from "../../../src/draw/pictures.ts";
import { load } from "../../../src/index.ts";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { lensResult } from "../../../src/studies/lens/result.ts";
import { lens, runLens } from "../../../src/studies/lens/lens.ts";
import type { LensSeen } from "../../../src/studies/lens/lensSeen.ts";
import { lensPrograms } from "../../../src/studies/lens/lensPrograms.ts";
import { lensRows } from "../../../src/studies/lens/lensRows.ts";
import { lensView } from "../../../src/studies/lens/view.ts";
import { toText } from "../../../src/studies/views.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { furthest, golden, GOLDENS, TOLERANCE } from "../../interventions/goldens.ts";

const engine = await oneEngine();
const FAMILIES = join(import.meta.dirname, "../../fixtures/families");

const logSumExp = (row: readonly number[]) =>
  Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));

describe("lens", () => {
  for (const name of GOLDENS) {
    const { skip, note, analysis, model } = golden(name);
    test.skipIf(skip)(
      `equals TransformerLens on ${name}: lens and attribution${note}`,
      async () => {
        const { clean, period, bos, ...expected } = analysis() as ReturnType<typeof analysis> & {
          logit_lens_last_pos: { logits: number[][][] };
          head_logit_attribution_last_pos: { values: number[][][] };
        };
        const loaded = await model();
        const rows = await lensRows(loaded, { rows: { tokens: clean, period, bos } });
        const programs = lensPrograms(loaded, "logit");
        const traces: LensSeen[] = [];
        const last = [2 * period - 1];
        await runLens(engine, programs, rows, last, {}, (trace) => traces.push(trace));
        await loaded.close();
        const [{ streams, targets, parts }] = traces as [LensSeen];
        const theirs = expected.logit_lens_last_pos.logits;
        expect(streams).toHaveLength(theirs.length);
        streams.forEach(({ looks, probabilities }, index) => {
          const logits = theirs[index]!;
          const wantedLogits = logits.map((row, place) => row[targets.data[place]!]!);
          const ours = looks.map(({ logit }) => logit);
          expect(furthest(ours, wantedLogits), `stream ${index}`).toBeLessThan(TOLERANCE);
          const logProbabilities = looks.map(({ logProbability }) => logProbability);
          const wantedLog = logits.map((row, place) => wantedLogits[place]! - logSumExp(row));
          expect(furthest(logProbabilities, wantedLog), `stream ${index}`).toBeLessThan(TOLERANCE);
          const all = logits[0]!.map((logit) => Math.exp(logit - logSumExp(logits[0]!)));
          expect(furthest([...probabilities!], all), `stream ${index}`).toBeLessThan(TOLERANCE);
        });
        const heads = expected.head_logit_attribution_last_pos.values;
        heads.forEach((values, layer) => {
          const [batch, , count] = parts.get(`heads ${layer}`)!.shape as readonly [
            number,
            number,
            number,
          ];
          const ours = Array.from({ length: count }, (_, head) =>
            Array.from(
              { length: batch },
              (_row, row) => parts.get(`heads ${layer}`)!.data[row * count + head]!,
            ),
          );
          expect(furthest(ours, values), `layer ${layer}`).toBeLessThan(TOLERANCE);
        });
      },
    );
  }

  for (const name of [
    ...["gpt2", "neox", "llama", "qwen2", "tl-full", "tl-attn2l-ln"],
    ...["granite", "cohere", "olmo2", "glm4", "gemma2", "gemma3", "bloom", "deepseek_v3"], // multipliers, caps, norms behind heads, experts
  ]) {
    const { skip, note } = unlessShared("goldens", name, "config.json");
    test.skipIf(skip)(`parts sum to the logit on ${name}${note}`, async () => {
      const model = await openFolder(shared("goldens", name)!, name);
      for (const of of ["logit", "centred-logit"] as const) {
        const result = await lens(model, { backend: engine, of, numExamples: 3, seqLen: 12 });
        expect(lensResult.safeParse(result).error).toBeUndefined();
        expect(result.attribution.largestError).toBeLessThan(TOLERANCE);
        const { heads, parts, mean } = result.attribution;
        const sum = [...heads.flat(), ...parts.map(({ value }) => value)].reduce(
          (a, b) => a + b,
          0,
        );
        expect(Math.abs(sum - mean)).toBeLessThan(TOLERANCE);
        const rest = parts.filter(({ name }) => !/^(mlp|attention bias) /.test(name));
        const byLayer = result.attribution.layers.map(
          ({ attention, mlp }) => attention + (mlp ?? 0),
        );
        const whole = [...byLayer, ...rest.map(({ value }) => value)].reduce((a, b) => a + b, 0);
        expect(Math.abs(whole - mean)).toBeLessThan(TOLERANCE);
      }
      await model.close();
    });
  }

  test.each(["zoo:mamba2", "planted:mamba"])(
    "%s has scans, whose gates leave them whole: parts sum to the logit, and layers have them",
    async (name) => {
      const model = await load(name);
      const result = await lens(model, { backend: engine, numExamples: 3, seqLen: 12 });
      await model.close();
      const { heads, layers, parts, mean, largestError } = result.attribution;
      expect(heads.flat()).toEqual([]);
      expect(largestError).toBeLessThan(TOLERANCE);
      const scan = parts.find((part) => part.name === "attention 0")!;
      expect(layers[0]!.attention).toBe(scan.value);
      expect(Math.abs(scan.value)).toBeGreaterThan(0.1);
      const embed = parts.find((part) => part.name === "embed")!;
      expect(scan.value + embed.value).toBeCloseTo(mean, 3);
      const text = await toText(result);
      expect(text).toContain("no layer has heads whose parts of its logit can be told apart");
      expect(lensView(result).map).toBeNull();
    },
  );

  test("a hybrid has a map of its attention alone", async () => {
    const model = await openFolder(join(FAMILIES, "bamba"), "bamba"); // attention in layer 1
    const result = await lens(model, { backend: engine, numExamples: 2, seqLen: 12 });
    await model.close();
    const view = lensView(result);
    expect(view.map!.values.map((layer) => layer.length)).toEqual([1, 4, 1]);
    expect([view.map!.values[0], view.map!.values[2]]).toEqual([[null], [null]]);
    for (const picture of picturesOf(view))
      expect(await lazySvg(picture, drawnInNode)("light")).toMatch(/^<svg/);
  });

  test("the planted induction head writes the target, and only the last stream knows it", async () => {
    const model = await openPlanted("induction");
    const result = await lens(model, { backend: engine, of: "centred-logit", numExamples: 10 });
    expect(result.layers.at(-1)!.first).toBeGreaterThan(0.99);
    expect(result.layers.at(-1)!.rank).toBeLessThan(1.1);
    expect(result.layers[0]!.first).toBeLessThan(0.1);
    expect(result.layers.at(-1)!.interval![0]).toBeGreaterThan(0.99);
    expect(result.convergence.settled).toBeCloseTo(2, 1); // the head of layer 1 writes what stream 2 predicts
    const { tokens, target } = result.evolution;
    const chart = tokens.find(({ token }) => token === target)!.probabilities;
    expect(chart.length).toBe(3);
    expect(chart[2]!).toBeGreaterThan(0.99);
    result.layers.forEach(({ top }, stream) => {
      const same = top.find(({ token }) => token === target);
      if (same) expect(same.probability).toBe(chart[stream]);
    });
    const { heads, mean } = result.attribution;
    expect(heads[1]![2]!).toBeGreaterThan(0.9 * mean);
    await expect(lens(model, { backend: engine, positions: [3] })).rejects.toThrow(/second copy/);
  });
});
