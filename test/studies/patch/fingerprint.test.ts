import { describe, expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { FINGERPRINT_DESIGNS, FINGERPRINT_UNITS } from "../../../src/results/causalNames.ts";
import { fingerprintResult } from "../../../src/studies/patch/result.ts";
import { fingerprint, INDUCTION_FINGERPRINT } from "../../../src/studies/patch/fingerprint.ts";
import { oneEngine } from "../../interventions/engine.ts";

const engine = await oneEngine();

describe("fingerprint", () => {
  test("is the table of an induction head, all 20 cells, for the planted one and no other head", async () => {
    const model = await openPlanted("induction");
    const result = await fingerprint(model, { backend: engine, heads: ["1.2"], numExamples: 10 });
    expect(fingerprintResult.safeParse(result).error).toBeUndefined();
    const [head] = result.heads;
    for (const design of FINGERPRINT_DESIGNS) {
      for (const unit of FINGERPRINT_UNITS) {
        const mark = INDUCTION_FINGERPRINT[design].includes(unit) ? "tick" : "cross";
        expect(head!.cells[design][unit].mark, `${design} ${unit}`).toBe(mark);
      }
    }
    expect(head!.matches).toBe(true);
    const others = await fingerprint(model, {
      backend: engine,
      heads: ["0.1", "0.3", "0.2"],
      numExamples: 10,
    });
    expect(others.heads.map(({ matches }) => matches)).toEqual([false, false, false]);
  });

  test("refuses heads that do not exist and names the nearest", async () => {
    const model = await openPlanted("induction");
    await expect(fingerprint(model, { backend: engine, heads: ["1.9"] })).rejects.toThrow(
      /nearest: 1.3/,
    );
    await expect(fingerprint(model, { backend: engine, heads: ["a"] })).rejects.toThrow(
      /layer.head/,
    );
  });
});
