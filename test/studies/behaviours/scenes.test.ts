/** @file Every scene against heads whose rule is known: the ideal head has 1, impostors 0, even attention its closed form. */
import { describe, expect, test } from "vitest";
import { uniformScores } from "../../../src/measure/uniformScores.ts";
import { stackTables } from "../../../src/measure/weightTable.ts";
import { AMBIGUOUS } from "../../../src/studies/behaviours/sceneAmbiguous.ts";
import { CONTEXT } from "../../../src/studies/behaviours/sceneContext.ts";
import { RECURRING } from "../../../src/studies/behaviours/sceneRecurring.ts";
import { SCENES } from "../../../src/studies/behaviours/scenes.ts";
import { rowsOf, RULES, scoreOf, scoresOf, SOURCE } from "./idealHeads.ts";

const IMPOSTORS = ["duplicateToken", "previousToken", "currentToken", "firstToken"] as const;
const NONE = IMPOSTORS.map(() => 0);

describe("recurring", () => {
  test("tells heads that follow the first, the last and all copies apart, and gives impostors 0", () => {
    const rules = ["firstInduction", "lastInduction", "evenInduction", ...IMPOSTORS] as const;
    const third = 0.333333;
    expect(scoresOf(RECURRING, rules)).toEqual({
      firstCopy: [1, 0, third, ...NONE],
      middleCopy: [0, 0, third, ...NONE],
      lastCopy: [0, 1, third, ...NONE],
    });
  });
});

describe("context", () => {
  test("says which of the two tokens before a head needs", () => {
    const rules = ["lastInduction", "pairInduction", "skipInduction", ...IMPOSTORS] as const;
    expect(scoresOf(CONTEXT, rules)).toEqual({
      pairInduction: [1, 1, 1, ...NONE],
      needsPrevious: [0, 1, 1, ...NONE],
      needsCurrent: [1, 1, 0, ...NONE],
    });
  });
});

describe("ambiguous", () => {
  test("is 1 for a head that picks the copy whose context fits, and 0 for those that pick one by place", () => {
    const rules = ["pairInduction", "firstInduction", "lastInduction", "evenInduction"] as const;
    expect(scoresOf(AMBIGUOUS, [...rules, ...IMPOSTORS])).toEqual({
      selectsByContext: [1, 0, 0, 0, ...NONE],
    });
  });
});

describe.each(SCENES)("the scene $name", (scene) => {
  const rows = rowsOf(scene);

  test("gives even attention what its tables say, and heads of any rule nothing without the cue", () => {
    for (const { tables, control, name } of rows.measures) {
      const uniform = Object.values(tables)
        .map((table) => uniformScores(stackTables([table])).data[0]!)
        .reduce((sum, value) => sum + value, 0);
      expect(scoreOf(RULES.uniform, rows, tables), name).toBeCloseTo(uniform, 5);
      if (!control) continue;
      for (const rule of ["firstInduction", "lastInduction", "pairInduction"] as const)
        expect(scoreOf(RULES[rule], rows, control), `${name} ${rule}`).toBeLessThan(1e-6);
    }
  });

  test("has rows of one size that share what is not the cue, begin with BOS, and follow the seed alone", () => {
    const all = Object.values(rows.variants);
    expect(new Set(all.map(({ shape }) => shape.join())).size).toBe(1);
    expect(all.every(({ data, shape }) => data[0] === 0 && data[shape[1]!] === 0)).toBe(true);
    const [one, other] = all.map(({ data, shape }) => data.subarray(0, shape[1]!));
    const changed = one!.filter((id, at) => id !== other![at]).length;
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThanOrEqual(one!.length / 4);
    const longer = rowsOf(scene, { examples: 5 }).variants;
    for (const [variant, { data }] of Object.entries(rows.variants))
      expect(longer[variant]!.data.subarray(0, data.length)).toEqual(data);
    const without = rowsOf(scene, { bos: null }).variants;
    expect(Object.values(without)[0]!.shape[1]).toBe(all[0]!.shape[1]! - 1);
  });

  test("says why where there is no room, or where there are too few tokens", () => {
    expect(scene.rows({ ...SOURCE, contextLength: 8 })).toMatch(
      /rows take \d+ tokens.*8 positions/,
    );
    const few = Int32Array.of(1, 2, 3);
    expect(scene.rows({ ...SOURCE, ordinary: few })).toMatch(/different tokens, and there are 3/);
  });
});
