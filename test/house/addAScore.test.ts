/** @file A sixth score is one row of the score table: here one is added to a copy of it, and everything has it. */
import { describe, expect, test, vi } from "vitest";
import { ATTENTION_SCORES, attentionTables } from "../../src/measure/attentionTables.ts";
import { audit } from "../../src/measure/audit.ts";
import { contract } from "../../src/measure/contract.ts";
import { CONVENTIONS } from "../../src/measure/conventions.ts";
import { IDEAL_HEADS, idealHeads } from "../../src/measure/idealHeads.ts";
import type { ScoreRow } from "../../src/measure/scoreTable.ts";
import { generatedRows } from "../../src/inputs/scoreInput.ts";
import { load } from "../../src/index.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { auditResult, IDEAL_HEAD_NAMES } from "../../src/studies/audit/result.ts";
import { audit as auditStudy } from "../../src/studies/audit/audit.ts";
import { score } from "../../src/studies/score/score.ts";
import { scoreResult, type ScoreName } from "../../src/studies/score/result.ts";
import { studyCsv } from "../../src/draw/csv.ts";
import { scoreView } from "../../src/studies/score/view.ts";

vi.mock("../../src/measure/scoreTable.ts", async (importOriginal) => {
  const { SCORE_TABLE } = await importOriginal<{ SCORE_TABLE: Record<string, ScoreRow> }>();
  const twoBack: ScoreRow = {
    title: "two back",
    short: "2bk",
    sign: "◁",
    headWords: "a two-back head",
    does: "attends to the token two before",
    key: "q - 2",
    keyOf: (query) => query - 2,
    needsRepeat: false,
  };
  return { SCORE_TABLE: { ...SCORE_TABLE, twoBack } };
});

const NEW = "twoBack" as ScoreName;
const LAYOUT = { start: 1, period: 32, length: 65 };

describe("a sixth row of the score table", () => {
  test("gives a weight table, and an ideal head that has 1 in it and 0 in all others", () => {
    const scores = contract(idealHeads(LAYOUT), attentionTables(LAYOUT)).data;
    const head = IDEAL_HEADS.indexOf(NEW);
    const own = ATTENTION_SCORES.map((_, measure) => scores[measure * IDEAL_HEADS.length + head]);
    expect(own).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("gives a convention that the audit finds clean, and a column of the audit", () => {
    expect(CONVENTIONS[NEW]!.formula).toBe("mean of A[q, q - 2] over q in the second copy");
    const row = audit(LAYOUT).find(({ convention }) => convention === NEW);
    expect(row).toMatchObject({ finds: NEW, ceiling: 1, words: [], values: { twoBack: 1 } });
    expect(IDEAL_HEAD_NAMES).toContain(NEW);
    expect(auditResult.parse(auditStudy())).toEqual(auditStudy());
  });

  test("is measured by `score`, and is in its Result, schema and table", async () => {
    const model = await load("planted:induction");
    const result = await score(model, { numExamples: 1, lossExamples: 0 });
    expect(scoreResult.parse(result)).toEqual(result);
    expect(studyCsv(scoreView(result)).split("\r\n")[0]).toMatch(/currentToken,twoBack$/);

    const { tokens, start, period } = generatedRows(model.architecture, { numExamples: 1 });
    const { cache } = await runWithCache(model, [...tokens.data]);
    result.scores[NEW].forEach((row, layer) => {
      const { data, shape } = cache.get(`blocks.${layer}.attn.hook_pattern`);
      const length = shape[2]!;
      row.forEach((value, head) => {
        let sum = 0;
        for (let query = start + period; query < start + 2 * period; query++)
          sum += data[(head * length + query) * length + query - 2]!;
        expect(value).toBeCloseTo(sum / period, 5);
      });
    });
    await model.close();
  });
});
