import { describe, expect, test } from "vitest";
import { ATTENTION_SCORES } from "../../src/measure/attentionTables.ts";
import { audit, type AuditRow } from "../../src/measure/audit.ts";
import { CONVENTIONS } from "../../src/measure/conventions.ts";

const BOS = { start: 1, period: 50, length: 101 };
const rowOf = (rows: readonly AuditRow[], name: string) =>
  rows.find((row) => row.convention === name)!;

describe("audit(repeats)", () => {
  const rows = audit(BOS);

  test("has a row for every convention, on one page", async () => {
    const lines = rows.map(
      ({ convention, ceiling, null: floor, values, words }) =>
        `${convention}: ceiling ${ceiling.toFixed(4)}, null ${floor?.toFixed(4)}, ` +
        `${Object.values(values)
          .map((value) => value?.toFixed(4) ?? "none")
          .join(" ")}${words.map((sentence) => `\n    ${sentence}`).join("")}`,
    );
    expect(rows.map((row) => row.convention)).toEqual(Object.keys(CONVENTIONS));
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("audit.snapshot.txt");
  });

  test("finds nothing to say about the default scores", () => {
    for (const name of ATTENTION_SCORES) {
      expect(rowOf(rows, name)).toMatchObject({ ceiling: 1, words: [] });
    }
  });

  test("no ideal head exceeds a ceiling, and every ceiling exceeds its null, by more than rounding", () => {
    for (const layout of [
      BOS,
      { start: 0, period: 16, length: 64 },
      { start: 1, period: 4, length: 12 },
    ]) {
      for (const { convention, ceiling, null: floor, values } of audit(layout)) {
        for (const value of Object.values(values)) {
          expect(value ?? 0, convention).toBeLessThanOrEqual(Math.max(0, ceiling) + 5.1e-4); // abs rounds to .001
        }
        expect(ceiling, convention).toBeGreaterThan(floor!);
      }
    }
  });

  test("computes scores of recent tools on rows like theirs, and says what these confuse", () => {
    const row = (name: string) => rowOf(rows, name);
    // A A on text: the current token counts; once in the first copy, once in the second, of 51 queries
    expect(row("headvis.induction").values.currentToken).toBeCloseTo(2 / 51, 6);
    expect(row("headvis.induction").words.join()).toContain("a current-token head 0.0392");
    // two BOS: the diagonal of the second is in D, and 50 of 102 rows can score
    expect(row("icl-heads.induction").values.induction).toBeCloseTo(50 / 102, 6);
    expect(row("icl-heads.induction").values.currentToken).toBeCloseTo(1 / 102, 6);
    // A B A B: induction's key is the previous token, and each query has several copies
    const prompts = row("llmvis.induction.prompts").values;
    expect(prompts.previousToken).toBe(prompts.induction);
    expect(row("llmvis.induction").values).toMatchObject({ induction: 1, previousToken: 0 });
    // without the first token nothing is left of a head that rests there
    expect(row("saanum.induction").values).toMatchObject({ induction: 1, firstToken: null });
    expect(row("feucht.nextToken").values).toMatchObject({ induction: 1, duplicateToken: 0 });
    expect(row("ren-ri.event").values).toMatchObject({ induction: 1, uniform: 0 });
  });

  test("halves the score of smart_induction_heads for an induction head that rests on itself", () => {
    const input = { ...BOS, tokens: [99, ...[1, 2].flatMap(() => [...Array(50).keys()])] };
    const pattern = new Float32Array(101 * 101);
    for (let q = 0; q < 101; q++) pattern[q * 101 + (q >= 51 ? q - 49 : q)] = 1;
    const single = { axes: ["head", "query", "key"], shape: [1, 101, 101], data: pattern };
    expect(CONVENTIONS["saanum.induction"]!.scores(single, input)[0]).toBeCloseTo(0.5, 6);
    const events = CONVENTIONS["ren-ri.event"]!.scores;
    expect(events(single, input)[0]).toBe(1);
    const split = pattern.map((weight, at) => (at % 101 === 0 ? 0.4 : 0.6 * weight));
    expect(events({ ...single, data: split }, input)[0]).toBe(0);
  });

  test("says what the usual diagonal, the detectors and the literal reading confuse", () => {
    expect(rowOf(rows, "arena.induction").words).toEqual([
      "an induction head has 0.9808 and not 1 (ceiling 1.0000)",
      "gives a duplicate-token head 0.0192",
      "gives a head that rests on the first token 0.0192",
    ]);
    expect(rowOf(rows, "detectHead.mul.induction").words).toEqual([
      "an induction head has 0.4950 and not 1 (ceiling 0.4950)",
    ]);
    expect(rowOf(rows, "legacy.detector.overall").words.join()).toMatch(
      /does not see an induction head.*a duplicate-token head 0.83.., more than its own/,
    );
    expect(rowOf(rows, "legacy.inductionViz").words.join()).toMatch(
      /a duplicate-token head 1.0000, more/,
    );
    expect(rowOf(rows, "olsson.literal").words[0]).toMatch(/does not see an induction head/);
  });

  test("writes 0/0 as none and never as NaN", () => {
    const { values, words } = rowOf(rows, "detectHead.mul.induction.excludeBos");
    expect(values.firstToken).toBeNull();
    expect(words).toEqual(["is 0/0 for a head that rests on the first token"]);
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
  });

  test("refuses a period under 4, and repeats that do not fit", () => {
    expect(() => audit({ start: 1, period: 3, length: 7 })).toThrow(
      "audit needs a period of at least 4, got 3",
    );
    expect(() => audit({ start: 1, period: 50, length: 100 })).toThrow(
      /length >= start \+ 2 \* period/,
    );
  });
});
