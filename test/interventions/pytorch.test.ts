/** @file Patches, paths and ablations of models with rotary positions, RMS norm and grouped keys, against PyTorch. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openFolder } from "../../src/models/folder.ts";
import type { UnitName } from "../../src/results/causalNames.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { pathPatch } from "../../src/studies/path/path.ts";
import { shared, unlessShared } from "../shared.ts";
import { oneEngine } from "./engine.ts";
import { furthest, TOLERANCE } from "./goldens.ts";

const engine = await oneEngine();
const FIXTURES = fileURLToPath(new URL("../fixtures/causal", import.meta.url));

/** What tools/make_causal_goldens.py wrote. */
interface Golden {
  readonly clean: number[][];
  readonly corrupted: number[][];
  readonly period: number;
  readonly bos: boolean;
  readonly metric: { readonly clean: number; readonly corrupted: number };
  readonly loss: readonly [number, number];
  readonly patch: Readonly<Record<string, number[] | number[][]>>;
  readonly path: {
    readonly into: string;
    readonly values: Readonly<Record<"q" | "k" | "v", Readonly<Record<string, number>>>>;
  };
  readonly ablate: Readonly<Record<"zero" | "mean", [number, number][][]>>;
}

describe("the causal studies equal PyTorch", () => {
  for (const name of ["llama", "mistral", "qwen2", "qwen3"]) {
    const { skip, note } = unlessShared("goldens", name, "config.json");
    const golden = () => JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), "utf8")) as Golden;
    const open = () => openFolder(shared("goldens", name)!, name);

    test.skipIf(skip)(
      `patches of ${name}, by head and key head, layer and position${note}`,
      async () => {
        const { clean, corrupted, period, bos, metric, patch: expected } = golden();
        const own = { clean, corrupted, period, bos };
        const model = await open();
        for (const [key, values] of Object.entries(expected)) {
          const [unit, byPosition] = [key.split(" ")[0] as UnitName, key.includes("by position")];
          const result = await patch(model, {
            backend: engine,
            rows: own,
            unit,
            byPosition,
            raw: true,
          });
          expect(furthest(result.values, values), key).toBeLessThan(TOLERANCE);
          expect(Math.abs(result.metric.clean - metric.clean)).toBeLessThan(TOLERANCE);
          expect(furthest(result.values, metric.corrupted), key).not.toBeLessThan(10 * TOLERANCE);
        }
        await model.close();
      },
    );

    test.skipIf(skip)(
      `paths of ${name} into one query head, its shared keys and values its own${note}`,
      async () => {
        const { clean, corrupted, period, bos, path } = golden();
        const own = { clean, corrupted, period, bos };
        const model = await open();
        for (const route of ["q", "k", "v"] as const) {
          const metric = "log-probability";
          const result = await pathPatch(model, {
            backend: engine,
            rows: own,
            into: [path.into],
            route,
            metric,
          });
          expect(result.paths).toHaveLength(Object.keys(path.values[route]).length);
          for (const { from, value } of result.paths)
            expect(
              Math.abs(value - path.values[route][from[0]!]!),
              `${route} ${from}`,
            ).toBeLessThan(TOLERANCE);
        }
        await model.close();
      },
    );

    test.skipIf(skip)(`zero and mean ablations of ${name}, both copies${note}`, async () => {
      const { clean, corrupted, period, bos, loss, ablate: expected } = golden();
      const own = { tokens: clean, period, bos, reference: corrupted };
      const model = await open();
      for (const kind of ["zero", "mean"] as const) {
        const result = await ablate(model, { backend: engine, rows: own, kind });
        const { firstCopy, secondCopy } = result.heads!.delta;
        expected[kind].forEach((row, layer) =>
          row.forEach(([first, second], head) => {
            expect(Math.abs(firstCopy[layer]![head]! + loss[0] - first)).toBeLessThan(TOLERANCE);
            expect(Math.abs(secondCopy[layer]![head]! + loss[1] - second)).toBeLessThan(TOLERANCE);
          }),
        );
      }
      await model.close();
    });
  }
});
