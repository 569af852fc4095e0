/**
 * @file Behaviours of two real models against PyTorch, head by head: fixtures that tools/make_behaviour_goldens.py wrote, which
 * finds the places from the tokens. BEHAVIOUR_ROWS=1 writes the rows of the fixtures in place of comparing.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drawnTokens } from "../../../src/models/drawnTokens.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { openModel } from "../../../src/models/open.ts";
import { behaviours } from "../../../src/studies/behaviours/behaviours.ts";
import type { RowSource } from "../../../src/studies/behaviours/scene.ts";
import { needleRows, type NeedleRow } from "../../../src/studies/behaviours/probeRetrieval.ts";
import { tokenLists, type TokenList } from "../../../src/studies/behaviours/probeSuccessor.ts";
import { textPieces, type TextPiece } from "../../../src/studies/behaviours/probeSuppression.ts";
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

/** Rows of what no table of attention shows. */
interface ProbeRows {
  readonly needles: readonly NeedleRow[];
  readonly pieces: readonly TextPiece[];
  readonly lists: readonly TokenList[];
}

interface Golden {
  readonly rows: Rows;
  readonly probes: ProbeRows;
  readonly probeScores: Readonly<
    Record<string, { readonly scores: number[][]; readonly controls: number[][] | null }>
  >;
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

/** The beginning of Hamlet's soliloquy, twice over, so that tokens come again. */
const TEXT = Array.from(
  { length: 3 },
  () =>
    "To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer the slings and arrows of outrageous fortune, or to take arms against a sea of troubles, and by opposing end them. To die, to sleep, no more; and by a sleep to say we end the heartache and the thousand natural shocks that flesh is heir to. ",
).join("");
const PROBED = {
  only: ["retrieval", "copySuppression", "successor"],
  texts: [TEXT],
  numExamples: 2,
};
const ATTENDED = SCENES.flatMap((scene) => scene.behaviours);

async function rowsOf(
  model: LoadedModel,
): Promise<{ readonly rows: Rows; readonly size: number; readonly probes: ProbeRows }> {
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
  const probe = { model, tokenizer, texts: [], source: { ...source, examples: 2 } };
  const needles = needleRows(probe);
  if (typeof needles === "string") throw new Error(needles);
  const pieces = await textPieces({ ...probe, texts: [TEXT] });
  return { rows, size, probes: { needles, pieces, lists: tokenLists(words) } };
}

describe("behaviours equal PyTorch", () => {
  for (const [name, file] of MODELS) {
    const { skip, note } = unlessShared("data", name, file);
    const fixture = join(FIXTURES, `${name}.json`);
    test.skipIf(skip)(
      `of ${name}, for every head and behaviour${note}`,
      { timeout: 300_000, tags: ["slow"] },
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
        expect(rows.probes).toEqual(golden.probes);
        const backend = await oneEngine();
        const settings = { backend, numExamples: EXAMPLES, seed: SEED };
        const result = await behaviours(model, { ...settings, only: ATTENDED });
        const { texts, ...probed } = PROBED;
        const hidden = await behaviours(model, { ...settings, ...probed, only: ["retrieval"] });
        const others = await behaviours(model, {
          ...settings,
          ...{ ...probed, texts, only: probed.only.slice(1) },
        });
        await model.close();
        for (const { name: behaviour, scores, controls } of [
          ...hidden.behaviours,
          ...others.behaviours,
        ]) {
          const expected = golden.probeScores[behaviour]!;
          expect(furthestOf(scores, expected.scores), behaviour).toBeLessThan(TOLERANCE);
          if (expected.controls)
            expect(furthestOf(controls!, expected.controls), behaviour).toBeLessThan(TOLERANCE);
        }
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
    );
  }

  test("has fixtures in which heads differ, so that an agreement means something", () => {
    for (const [name] of MODELS) {
      const fixture = join(FIXTURES, `${name}.json`);
      expect(existsSync(fixture)).toBe(true);
      const { behaviours: expected, probeScores } = JSON.parse(
        readFileSync(fixture, "utf8"),
      ) as Golden;
      const { scores } = expected["pairInduction"]!;
      expect(Math.max(...scores.flat())).toBeGreaterThan(0.5);
      expect(Math.min(...scores.flat())).toBeLessThan(0.05);
      const best = (name: string) => Math.max(...probeScores[name]!.scores.flat());
      expect(best("retrieval")).toBeGreaterThan(0.6);
      expect(best("copySuppression")).toBeGreaterThan(0.05);
      expect(Math.min(...probeScores["copySuppression"]!.scores.flat())).toBeLessThan(-0.1);
      expect(best("successor")).toBeGreaterThan(0.15);
    }
  });
});

function furthestOf(ours: readonly (readonly number[])[], theirs: readonly number[][]): number {
  const apart = ours.flatMap((row, layer) =>
    row.map((value, head) => Math.abs(value - theirs[layer]![head]!)),
  );
  return Math.max(...apart);
}
