import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { writeAnalysis } from "../../../src/studies/analyse/viewFiles.ts";
import { toText } from "../../../src/studies/views.ts";
import { replaceFolder } from "../../../src/draw/replaceFolder.ts";
import { analyseResult } from "../../../src/studies/analyse/result.ts";
import { analyse } from "../../../src/studies/analyse/analyse.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";

const engine = await oneEngine();
const emptyFolder = () => mkdtempSync(join(tmpdir(), "analysis-"));

describe("analyse", () => {
  test("the planted model predicts what followed; its induction head restores it; all of it is in one folder", async () => {
    const shares = new Map<string, number[]>();
    const progress = (step: string, done: number, total: number) =>
      void shares.set(step, [...(shares.get(step) ?? []), done / total]);
    const model = await openPlanted("induction");
    const result = await analyse(model, { backend: engine, seqLen: 12, progress });
    for (const [step, each] of shares) expect(each, step).toEqual(each.toSorted((a, b) => a - b));
    expect([...shares.keys()]).toContain("patching attention layers");
    expect(analyseResult.safeParse(result).error).toBeUndefined();
    for (const { predicted, rank, first } of result.inductionTest) {
      expect(predicted.value).toBeGreaterThan(0.98);
      expect(predicted.chance).toBe(1 / 256);
      expect(rank).toBeLessThan(1.1);
      expect(first.top[0]!.token).toBe(first.target.token);
    }
    expect(result.importantLayers[0]).toMatchObject({ name: "attention 1", layer: 1 });
    expect(result.depth.heads).toEqual(["1.2"]);
    expect((result.studies.patchHeads!.effects as number[][])[1]![2]!).toBeCloseTo(1, 2);
    expect(result.warnings).toEqual([]);

    const folder = join(emptyFolder(), "deep", "analysis");
    const names = await writeAnalysis(result, folder);
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
    const json = JSON.parse(readFileSync(join(folder, "induction_heads_analysis.json"), "utf8"));
    expect(analyseResult.safeParse(json).error).toBeUndefined();
    const page = readFileSync(join(folder, "report.html"), "utf8");
    for (const finding of result.findings) expect(page).toContain(finding.replaceAll("'", "&#39;"));
    expect(page).not.toMatch(/(?:src|href)="/);
    await writeAnalysis(result, folder); // a second time in place of the first
    expect(readdirSync(folder).length).toBe(names.length);
  });

  test("a screen runs the best heads exactly and says that the others are estimated", async () => {
    const model = await openPlanted("induction");
    const result = await analyse(model, { backend: engine, seqLen: 12, screen: 2 });
    expect(analyseResult.safeParse(result).error).toBeUndefined();
    const { patchHeads, screenHeads } = result.studies;
    expect(patchHeads).toBeNull();
    const confirmed = screenHeads!.screen!.confirmed.filter(({ why }) => why === "estimate");
    expect(confirmed.map(({ layer, head }) => `${layer}.${head}`).sort()).toEqual(["0.3", "1.2"]);
    const all = await analyse(model, { backend: engine, seqLen: 12, screen: "all" });
    const effects = all.studies.patchHeads!.effects as number[][];
    for (const { layer, head, effect } of screenHeads!.screen!.confirmed)
      expect(effect).toBeCloseTo(effects[layer]![head]!, 5);
    expect(result.findings.join(" ")).toContain(
      "of the heads that were run exactly (the 2 best by estimate and 6 random others)",
    );
    expect(await toText(result)).toContain("approximate effect");
    const names = await writeAnalysis(result, join(emptyFolder(), "screened"));
    expect(names).toContain("induction_patching_heads.png");
    await expect(analyse(model, { backend: engine, screen: 0 })).rejects.toThrow(
      "`screen` needs a whole number from 1 on, got 0",
    );
  });

  const { skip, note } = unlessShared("goldens", "tl-full", "config.json");
  test.skipIf(skip)(
    `a model that knows nothing guesses, and nothing is patched${note}`,
    async () => {
      const model = await openFolder(shared("goldens", "tl-full")!, "tl-full");
      const result = await analyse(model, { backend: engine, seqLen: 12 });
      await model.close();
      expect(analyseResult.safeParse(result).error).toBeUndefined();
      const [single] = result.inductionTest;
      expect(single!.predicted.interval![0]).toBeLessThan(4 * single!.predicted.chance);
      expect(result.studies.patchHeads).toBeNull();
      expect(result.importantLayers).toEqual([]);
      expect(result.warnings.join()).toContain("nothing was patched");
      expect(result.findings.join(" ")).toContain(
        "No head has an induction score of 0.3 or more, from which on heads are counted by depth.",
      );
    },
  );

  test("stops when asked", async () => {
    const model = await openPlanted("induction");
    await expect(
      analyse(model, { backend: engine, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("replaceFolder", () => {
  test("refuses a folder with other files in it, and leaves it and nothing else", () => {
    const parent = emptyFolder();
    const folder = join(parent, "mine");
    replaceFolder(folder, new Map([["a.txt", "1"]]));
    replaceFolder(folder, new Map([["a.txt", "2"]]));
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("2");
    writeFileSync(join(folder, "precious.txt"), "");
    expect(() => replaceFolder(folder, new Map([["a.txt", "3"]]))).toThrow(
      /refusing to overwrite .*mine: .*precious\.txt/,
    );
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("2");
    expect(() => replaceFolder(join(folder, "a.txt"), new Map())).toThrow(/is a file/);
    expect(() => replaceFolder(join(parent, "x"), new Map([["no/way", ""]]))).toThrow(
      /could not be written/,
    );
    expect(readdirSync(parent)).toEqual(["mine"]);
  });
});
