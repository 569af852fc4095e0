import { describe, expect, test } from "vitest";
import { layersNamed, windowsNamed } from "../../src/draw/layersNamed.ts";
import { sharesByLayer } from "../../src/draw/sharesByLayer.ts";
import { aboutLines, modelWords } from "../../src/draw/studyView.ts";
import { openFolder } from "../../src/models/folder.ts";
import { score } from "../../src/studies/score/score.ts";
import { scoreResult } from "../../src/studies/score/result.ts";
import { oneEngine } from "../interventions/engine.ts";
import { shared, unlessShared } from "../shared.ts";

const sees = (...windows: readonly (number | null)[]) =>
  windowsNamed({
    positions: "rotary",
    layers: windows.map((window, layer) => ({ layer, window, rotary: null })),
    latent: false,
    queryKeyNorm: false,
    scoreSoftcap: null,
    sinks: false,
  });

describe("layers in words", () => {
  test("are runs", () => {
    expect(layersNamed([3])).toBe("layer 3");
    expect(layersNamed([0, 1, 2, 4, 6, 7])).toBe("layers 0-2, 4, 6-7");
  });

  test("say which are global where others are not, and nothing where all are", () => {
    expect(sees(null, null)).toBeNull();
    expect(sees(8, 8)).toBe("the last 8 tokens in every layer");
    expect(sees(8, null, 8)).toBe("global attention in layer 1; the last 8 tokens in all others");
    expect(sees(8, 8, null, 4)).toBe(
      "global attention in layer 2; the last 8 tokens in layers 0-1; the last 4 tokens in layer 3",
    );
  });

  test("have a number for all, or one for those that are alike", () => {
    expect(sharesByLayer([0.0213, 0.0213])).toBe(".02");
    expect(sharesByLayer([0.031, 0.02, 0.031, 0.031])).toBe(".03 in layers 0, 2-3, .02 in layer 1");
    expect(sharesByLayer([])).toBe("");
  });

  test("count one head as one", () => {
    const model = {
      ...{ id: "m", family: "f", revision: null, sha256: "", layers: 1, heads: 4, kvHeads: 1 },
      processing: "none" as const,
    };
    expect(modelWords(model)).toBe("m · family f · 1 layer × 4 heads (1 key and value head)");
  });

  test("say where rows are cut into chunks", () => {
    const layer = (at: number, chunk?: number) => ({
      ...{ layer: at, window: null, rotary: null },
      ...(chunk !== undefined && { chunk }),
    });
    const windowsOf = (...layers: ReturnType<typeof layer>[]) =>
      windowsNamed({
        ...{ positions: "rotary", layers, latent: false, queryKeyNorm: true },
        ...{ scoreSoftcap: null, sinks: false },
      });
    expect(windowsOf(layer(0, 8), layer(1))).toBe(
      "global attention in layer 1; the query's own chunk of 8 tokens in all others",
    );
    expect(windowsOf(layer(0, 8))).toBe("the query's own chunk of 8 tokens in every layer");
  });

  const { skip, note } = unlessShared("goldens", "gemma3", "config.json");
  test.skipIf(skip)(`stand in every Result, and in its text${note}`, async () => {
    const model = await openFolder(shared("goldens", "gemma3")!, "gemma3");
    const result = await score(model, { backend: await oneEngine(), numExamples: 2, seqLen: 12 });
    await model.close();
    expect(scoreResult.parse(result).model.architecture).toMatchObject({
      modelType: "gemma3_text",
      attention: { positions: "rotary", queryKeyNorm: true },
      norm: { kind: "RMS", places: "around" },
      experts: null,
    });
    expect(aboutLines(result)).toContain(
      "layers see: global attention in layer 2; the last 8 tokens in all others",
    );
  });
});
