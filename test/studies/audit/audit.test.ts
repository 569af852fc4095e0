import { describe, expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { auditResult } from "../../../src/studies/audit/result.ts";
import { audit } from "../../../src/studies/audit/audit.ts";

const rowOf = (result: ReturnType<typeof audit>, name: string) =>
  result.conventions.find(({ convention }) => convention === name)!;

describe("audit(model, {seqLen, bos})", () => {
  test("gives a Result that its schema describes, the same one each time", () => {
    const result = audit();
    expect(auditResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(audit()).toEqual(result);
    expect(result.layout).toMatchObject({ start: 1, period: 32, length: 65 });
  });

  test("has the known answers at S = 50: the usual diagonal 51/52, detect_head under .5, seed 2 blind", () => {
    const result = audit(null, { seqLen: 100 });
    expect(rowOf(result, "induction").values.induction).toBe(1);
    expect(rowOf(result, "arena.induction").values.induction).toBeCloseTo(51 / 52, 6);
    expect(rowOf(result, "detectHead.mul.induction").ceiling).toBeCloseTo(50 / 101, 6);
    expect(rowOf(result, "legacy.detector.overall").values.induction).toBeLessThan(0.01);
    expect(result.summary).toMatch(/do not see.*olsson\.literal.*legacy\.detector\.overall/);
  });

  test("follows the model's BOS and context, and says so", async () => {
    const model = await openPlanted("induction");
    const result = audit(model, { seqLen: 40 });
    const declares = model.architecture.bosToken !== null;
    expect(result.layout).toMatchObject({ start: declares ? 1 : 0, period: 20 });
    expect(result.model).toMatchObject({ id: "planted:induction", layers: 2 });
    expect(() => audit(model, { seqLen: 400 })).toThrow(/do not fit/);
  });

  test("without BOS, resting on the first token is taken for TransformerLens' induction diagonal", () => {
    const { values, words } = rowOf(audit(null, { bos: "off" }), "transformerLens.induction");
    expect(values.firstToken).toBeGreaterThan(0.03);
    expect(words.join()).toContain("a head that rests on the first token");
  });

  test.each([
    [{ seqLen: 6 }, "audit needs a period of at least 4, got 3"],
    [{ seqLen: 7 }, "two copies need an even `seqLen` of at least 4, got 7"],
    [{ seqLen: 4000 }, "audit takes up to 1025 tokens, got 4001"],
  ])("refuses %o", (options, message) => {
    expect(() => audit(null, options)).toThrow(message);
  });
});
