/** @file Every scene against heads whose rule is known: the ideal head has 1, impostors 0, uniform attention its closed form. */
import { describe, expect, test } from "vitest";
import { uniformScores } from "../../../src/measure/uniformScores.ts";
import { stackTables } from "../../../src/measure/weightTable.ts";
import { AMBIGUOUS } from "../../../src/studies/behaviours/sceneAmbiguous.ts";
import { BRACKETS } from "../../../src/studies/behaviours/sceneBrackets.ts";
import { CONTEXT } from "../../../src/studies/behaviours/sceneContext.ts";
import { DELIMITERS } from "../../../src/studies/behaviours/sceneDelimiters.ts";
import { ENTITY } from "../../../src/studies/behaviours/sceneEntities.ts";
import { FORMS } from "../../../src/studies/behaviours/sceneForms.ts";
import { RECURRING } from "../../../src/studies/behaviours/sceneRecurring.ts";
import { SCENES } from "../../../src/studies/behaviours/scenes.ts";
import { rowsOf, RULES, scoreOf, scoresOf, SOURCE, WORDS } from "./idealHeads.ts";

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

describe("entities", () => {
  test("tells heads that look at the first token of what comes next from those that look at its last", () => {
    const rules = ["lastInduction", "conceptEnd", "threeAfterCopy", ...IMPOSTORS] as const;
    expect(scoresOf(ENTITY, rules)).toEqual({
      nextTokenMatching: [1, 0, 0, ...NONE],
      conceptStart: [1, 0, 0, ...NONE],
      lastTokenMatching: [0, 1, 1, ...NONE],
      conceptOverTokens: [0, 1, 0, ...NONE],
    });
  });
});

describe("forms", () => {
  test("is 1 in another form for a head that knows the word, and 0 for one that knows the token", () => {
    expect(scoresOf(FORMS, ["fuzzyInduction", "lastInduction", ...IMPOSTORS])).toEqual({
      wordInduction: [1, 1, ...NONE],
      fuzzyInduction: [1, 0, ...NONE],
    });
  });
});

describe("brackets", () => {
  test("tell the bracket that is open from the last and the first one", () => {
    const rules = ["openBracket", "lastBracket", "firstBracket", ...IMPOSTORS] as const;
    const { openBracket, matchingBracket } = scoresOf(BRACKETS, rules);
    expect([openBracket![0], matchingBracket![0]]).toEqual([1, 1]);
    expect(openBracket![1]).toBeCloseTo(4 / 9, 5);
    expect(matchingBracket!.slice(1)).toEqual([0.5, 0.25, ...NONE]);
    expect(openBracket!.slice(3)).toEqual(NONE);
  });
});

describe("delimiters", () => {
  test("tell heads that look at the last mark from those that rest on the first", () => {
    expect(scoresOf(DELIMITERS, ["lastBracket", "firstBracket", ...IMPOSTORS])).toEqual({
      lastDelimiter: [1, 0, ...NONE],
      firstDelimiter: [0, 1, ...NONE],
    });
  });
});

describe.each([ENTITY, FORMS, BRACKETS, DELIMITERS])("the scene $name", (scene) => {
  test("says that it needs a tokenizer, and which words one lacks", () => {
    expect(scene.rows({ ...SOURCE, words: null })).toMatch(/no tokenizer beside the model/);
    const bare = { ...WORDS, forms: [], concepts: new Map(), mark: () => null };
    expect(scene.rows({ ...SOURCE, words: bare })).toMatch(
      /cuts 0 words|has 0 words in two forms|has no token for/,
    );
  });
});

describe.each(SCENES)("the scene $name", (scene) => {
  const rows = rowsOf(scene);

  test("gives uniform attention what its tables say, and heads of any rule nothing without the cue", () => {
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
    const [first, other] = all.map(({ data, shape }) => data.subarray(0, shape[1]!));
    const changed = first!.filter((id, at) => id !== other![at]).length;
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThanOrEqual(first!.length / 4);
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
    const tooFew = Int32Array.of(1, 2, 3);
    const words = { ...WORDS, letters: tooFew };
    expect(scene.rows({ ...SOURCE, ordinary: tooFew, words })).toMatch(
      /different tokens, and there are 3/,
    );
  });
});
