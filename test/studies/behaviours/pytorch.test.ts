/**
 * @file Behaviours of two real models against PyTorch, head by head: fixtures that tools/make_behaviour_goldens.py wrote, which
 * finds the places from the tokens. BEHAVIOUR_ROWS=1 writes the rows of the fixtures in place of comparing.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drawnTokens } from "../../../src/models/drawnTokens.ts";
import type { LoadedModel } from "../../../src/models/loaded.ts";
import { openModel } from "../../../src/models/open.ts";
import { behaviours } from "../../../src/studies/behaviours/behaviours.ts";
import type { RowSource } from "../../../src/studies/behaviours/scene.ts";
import { SCENES } from "../../../src/studies/behaviours/scenes.ts";
import { rowVocabulary } from "../../../src/studies/behaviours/vocabulary.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared, unlessShared } from "../../shared.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/behaviours");
const EXAMPLES = 4;
const SEED = 7;
/** Float32 on both sides, and weights that the reference reads out of the same file. */
const TOLERANCE = 2e-3;
const writes = process.env["BEHAVIOUR_ROWS"] !== undefined;

type Rows = Readonly<Record<string, Readonly<Record<string, number[][]>>>>;

interface Golden {
  readonly rows: Rows;
  /** Tokens of an entity. */
  readonly size: number;
  readonly behaviours: Readonly<
    Record<string, { readonly scores: number[][]; readonly controls: number[][] | null }>
  >;
}

const MODELS = [
  ["smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf"],
  ["gemma3-270m", "gemma-3-270m.v40960.Q4_K_M.gguf"],
] as const;

async function rowsOf(model: LoadedModel): Promise<{ readonly rows: Rows; readonly size: number }> {
  const { ids } = drawnTokens(model.architecture);
  const tokenizer = (await model.tokenizer())!;
  const words = rowVocabulary(tokenizer, ids);
  const { bosToken: bos, contextLength } = model.architecture;
  const source: RowSource = {
    ...{ ordinary: ids, bos, examples: EXAMPLES, seed: SEED, contextLength, words },
  };
  const sizes = [...words.concepts].filter(([size]) => size >= 2 && size <= 4);
  const [size] = sizes.reduce((most, entry) => (entry[1].length > most[1].length ? entry : most));
  const rows = Object.fromEntries(
    SCENES.map((scene) => {
      const built = scene.rows(source);
      if (typeof built === "string") throw new Error(`${scene.name}: ${built}`);
      const variants = Object.entries(built.variants).map(([variant, { data, shape }]) => {
        const length = shape[1]!;
        const row = (at: number) => [...data.subarray(at * length, (at + 1) * length)];
        return [variant, Array.from({ length: EXAMPLES }, (_, at) => row(at))];
      });
      return [scene.name, Object.fromEntries(variants) as Record<string, number[][]>];
    }),
  );
  return { rows, size };
}

describe("behaviours equal PyTorch", () => {
  for (const [name, file] of MODELS) {
    const { skip, note } = unlessShared("data", name, file);
    const fixture = join(FIXTURES, `${name}.json`);
    test.skipIf(skip)(
      `of ${name}, for every head and behaviour${note}`,
      async () => {
        const model = await openModel(shared("data", name, file)!);
        const rows = await rowsOf(model);
        if (writes) {
          mkdirSync(FIXTURES, { recursive: true });
          writeFileSync(fixture, `${JSON.stringify(rows)}\n`);
          return await model.close();
        }
        const golden = JSON.parse(readFileSync(fixture, "utf8")) as Golden;
        expect(rows.rows).toEqual(golden.rows);
        const backend = await oneEngine();
        const only = SCENES.flatMap((scene) => scene.behaviours);
        const settings = { backend, numExamples: EXAMPLES, seed: SEED };
        const result = await behaviours(model, { ...settings, only });
        await model.close();
        expect(result.skipped).toEqual([]);
        expect(result.behaviours.map((behaviour) => behaviour.name)).toEqual(
          Object.keys(golden.behaviours),
        );
        for (const { name: behaviour, scores, controls } of result.behaviours) {
          const expected = golden.behaviours[behaviour]!;
          expect(furthestOf(scores, expected.scores), behaviour).toBeLessThan(TOLERANCE);
          expect(controls === null).toBe(expected.controls === null);
          if (controls)
            expect(furthestOf(controls, expected.controls!), behaviour).toBeLessThan(TOLERANCE);
        }
      },
      300_000,
    );
  }

  test("has fixtures in which heads differ, so that an agreement means something", () => {
    for (const [name] of MODELS) {
      const fixture = join(FIXTURES, `${name}.json`);
      expect(existsSync(fixture)).toBe(true);
      const { behaviours: expected } = JSON.parse(readFileSync(fixture, "utf8")) as Golden;
      const { scores } = expected["pairInduction"]!;
      expect(Math.max(...scores.flat())).toBeGreaterThan(0.5);
      expect(Math.min(...scores.flat())).toBeLessThan(0.05);
    }
  });
});

function furthestOf(ours: readonly (readonly number[])[], theirs: readonly number[][]): number {
  const apart = ours.flatMap((row, layer) =>
    row.map((value, head) => Math.abs(value - theirs[layer]![head]!)),
  );
  return Math.max(...apart);
}
