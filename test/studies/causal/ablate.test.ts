import { describe, expect, test } from "vitest";
import { openModel } from "../../../src/models/open.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { ablateResult } from "../../../src/results/ablate.ts";
import { ablate } from "../../../src/studies/causal/ablate.ts";
import { shared, sharedJson, unlessShared } from "../../shared.ts";
import { oneEngine } from "./engine.ts";
import { furthest, golden, GOLDENS, TOLERANCE } from "./goldens.ts";

const engine = await oneEngine();

describe("ablate", () => {
  for (const name of GOLDENS) {
    const { skip, note, analysis, model } = golden(name);
    test.skipIf(skip)(`zero ablation equals TransformerLens on ${name}${note}`, async () => {
      const { clean, period, bos, ...expected } = analysis();
      const loaded = await model();
      const result = await ablate(loaded, engine, {
        own: { tokens: clean, period, bos },
        kind: "zero",
      });
      await loaded.close();
      expect(ablateResult.safeParse(result).error).toBeUndefined();
      const metric = result.heads!.delta.secondCopy.map((layer) =>
        layer.map((delta) => -(result.loss.secondCopy + delta)),
      );
      expect(furthest(metric, expected["zero_ablation_z_metric_on_clean"])).toBeLessThan(TOLERANCE);
    });
  }

  test("an induction head needs its previous-token head for its pattern, not for its values", async () => {
    const model = await openPlanted("induction");
    const of = async (kind: "zero" | "mean" | "resample" | "pattern-preserving") =>
      (await ablate(model, engine, { kind, sets: [["0.3"], ["1.2"]], numExamples: 10 })).sets;
    for (const kind of ["zero", "mean", "resample"] as const) {
      const [previous, induction] = await of(kind);
      expect(previous!.secondCopy, kind).toBeGreaterThan(1);
      expect(induction!.secondCopy, kind).toBeGreaterThan(1);
    }
    const [previous, induction] = await of("pattern-preserving");
    expect(Math.abs(previous!.secondCopy)).toBeLessThan(0.05);
    expect(induction!.secondCopy).toBeGreaterThan(1);
  });

  test("an exact induction pattern keeps what an induction head does, other exact patterns do not", async () => {
    const model = await openPlanted("induction");
    const { ideal } = await ablate(model, engine, { idealise: ["1.2"], numExamples: 10 });
    const kept = Object.fromEntries(ideal.map((one) => [one.pattern, one.kept!]));
    expect(kept["induction"]).toBeGreaterThan(0.99);
    expect(kept["previousToken"]).toBeLessThan(0.5);
    expect(kept["firstToken"]).toBeLessThan(0.5);
  });

  test("a head given others and a set cost what their own runs say", async () => {
    const model = await openPlanted("induction");
    const options = { kind: "zero", numExamples: 10 } as const;
    const together = await ablate(model, engine, { ...options, sets: [["0.3", "1.2"]] });
    const given = await ablate(model, engine, { ...options, given: ["0.3"], sets: [["1.2"]] });
    const [set] = together.sets;
    expect(set!.givenOthers[1]).toBeCloseTo(given.sets[0]!.secondCopy, 5);
    expect(set!.synergy).toBeCloseTo(set!.secondCopy - set!.alone[0]! - set!.alone[1]!, 6);
    expect(together.words[0]).toMatch(/less than the sum|more than the sum/);
  });

  const smol = unlessShared("goldens", "smollm2-135m", "circuit.json");
  test.skipIf(smol.skip)(
    `equals PyTorch on SmolLM2's joint mean ablations${smol.note}`,
    async () => {
      const expected = sharedJson("goldens", "smollm2-135m", "circuit.json") as {
        clean: number[][];
        corrupted: number[][];
        period: number;
        bos: boolean;
        base_second_copy_loss: number;
        ablate: { heads: string[]; delta: number }[];
      };
      const model = await openModel(
        shared("data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf")!,
      );
      const { clean, corrupted, period, bos } = expected;
      const result = await ablate(model, engine, {
        own: { tokens: clean, period, bos, reference: corrupted },
        kind: "mean",
        sets: expected.ablate.map(({ heads }) => heads),
      });
      await model.close();
      expect(result.loss.secondCopy).toBeCloseTo(expected.base_second_copy_loss, 3);
      expected.ablate.forEach(({ heads, delta }, index) => {
        const ours = result.sets[index]!.secondCopy;
        expect(Math.abs(ours - delta), heads.join()).toBeLessThan(
          0.01 * Math.max(0.1, Math.abs(delta)),
        );
      });
      const five = result.sets.find(({ heads }) => heads.length === 5)!;
      expect(five.synergy).toBeGreaterThan(0);
      expect(result.words.some((words) => words.includes("more than the sum"))).toBe(true);
    },
  );
});
