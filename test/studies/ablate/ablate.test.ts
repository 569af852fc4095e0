import { describe, expect, test } from "vitest";
import { openModel } from "../../../src/models/open.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { ablateResult } from "../../../src/studies/ablate/result.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { curvePlan } from "../../../src/studies/ablate/ablationCurve.ts";
import { ablateView } from "../../../src/studies/ablate/view.ts";
import { headName } from "../../../src/base/headName.ts";
import { shared, sharedJson, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { furthest, golden, GOLDENS, TOLERANCE } from "../../interventions/goldens.ts";

const engine = await oneEngine();

describe("ablate", () => {
  for (const name of GOLDENS) {
    const { skip, note, analysis, model } = golden(name);
    test.skipIf(skip)(`zero ablation equals TransformerLens on ${name}${note}`, async () => {
      const { clean, period, bos, ...expected } = analysis();
      const loaded = await model();
      const result = await ablate(loaded, {
        backend: engine,
        rows: { tokens: clean, period, bos },
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
      (await ablate(model, { backend: engine, kind, sets: [["0.3"], ["1.2"]], numExamples: 10 }))
        .sets;
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
    const { ideal } = await ablate(model, { backend: engine, idealise: ["1.2"], numExamples: 10 });
    const keptByPattern = Object.fromEntries(ideal.map((entry) => [entry.pattern, entry.kept!]));
    expect(keptByPattern["induction"]).toBeGreaterThan(0.99);
    expect(keptByPattern["previousToken"]).toBeLessThan(0.5);
    expect(keptByPattern["firstToken"]).toBeLessThan(0.5);
  });

  test("redirect costs what an exact first-token pattern costs, head by head", async () => {
    const model = await openPlanted("induction");
    const rows = { backend: engine, numExamples: 10 };
    const { heads, warnings } = await ablate(model, { ...rows, kind: "redirect" });
    const idealise = ["0.1", "0.2", "0.3", "1.0", "1.2"];
    const { ideal } = await ablate(model, { ...rows, idealise });
    const exact = ideal.filter(({ pattern }) => pattern === "firstToken");
    expect(exact.map(({ head }) => head)).toEqual(idealise);
    const costs = heads!.delta.secondCopy;
    for (const { head, secondCopy } of exact) {
      const [layer, index] = head.split(".").map(Number) as [number, number];
      expect(costs[layer]![index]!, head).toBeCloseTo(secondCopy, 5);
    }
    expect(costs[1]![2]!).toBeGreaterThan(1); // the induction head
    expect(Math.abs(costs[0]![2]!)).toBeLessThan(0.01); // the one that rests there anyway
    expect(warnings).toEqual([]);
    const bare = await ablate(model, { ...rows, kind: "redirect", bos: "off", sets: [["1.2"]] });
    expect(bare.warnings.join()).toContain("rows begin without BOS");
  });

  test("a head beside others that every run ablates and a set cost what their own runs say", async () => {
    const model = await openPlanted("induction");
    const options = { kind: "zero", numExamples: 10 } as const;
    const together = await ablate(model, { backend: engine, ...options, sets: [["0.3", "1.2"]] });
    const apart = await ablate(model, {
      backend: engine,
      ...options,
      alwaysAblate: ["0.3"],
      sets: [["1.2"]],
    });
    const [set] = together.sets;
    expect(set!.givenOthers[1]).toBeCloseTo(apart.sets[0]!.secondCopy, 5);
    expect(set!.synergy).toBeCloseTo(set!.secondCopy - set!.alone[0]! - set!.alone[1]!, 6);
    expect(together.words[0]).toMatch(/less than the sum|more than the sum/);
  });

  test("a set's synergy has the interval of joint rise less single rises, and words that follow it", async () => {
    const model = await openPlanted("induction");
    const { sets, words } = await ablate(model, {
      backend: engine,
      kind: "zero",
      sets: [
        ["0.3", "1.2"],
        ["0.1", "0.2"],
      ],
      numExamples: 10,
    });
    const [chain, idle] = sets;
    expect(chain!.synergyInterval![0]).toBeLessThan(chain!.synergy);
    expect(chain!.synergyInterval![1]).toBeGreaterThan(chain!.synergy);
    expect(words[0]).toMatch(chain!.synergyInterval![1] < 0 ? /need each other/ : /sum/);
    expect(idle!.synergy).toBeCloseTo(0, 3);
  });

  test("a curve ablates by induction score: its first head is the induction head, above every random head", async () => {
    const model = await openPlanted("induction");
    const options = { numExamples: 10, curve: { count: 3, randomSets: 4 } };
    const result = await ablate(model, { backend: engine, ...options });
    expect(ablateResult.safeParse(result).error).toBeUndefined();
    const { order, points } = result.curve!;
    expect(order[0]!.head).toBe("1.2");
    expect(order.map(({ score }) => score)).toEqual(
      order.map(({ score }) => score).toSorted((a, b) => b - a),
    );
    expect(points[0]!.secondCopy).toBeGreaterThan(points[0]!.random!.high + 1);
    expect(points[0]!.random!.sets).toBe(3); // of the three other heads of its layer
    const direct = await ablate(model, {
      backend: engine,
      numExamples: 10,
      sets: [order.slice(0, 2).map(({ head }) => head)],
    });
    expect(points[1]!.secondCopy).toBeCloseTo(direct.sets[0]!.secondCopy, 6);
    await expect(ablate(model, { backend: engine, curve: { count: 5 } })).rejects.toThrow(
      /1 to 4 heads/,
    );
    await expect(ablate(model, { backend: engine, curve: { randomSets: 1 } })).rejects.toThrow(
      /needs a whole number from 2 on/,
    );
  });

  test("a curve draws from no other layer and no candidate, and has no band where fewer than 3 different sets are left", async () => {
    const scores = [
      [0, 0.01, 0.02, 0.03],
      [0.9, 0.8, 0.4, 0.01],
      [0.05, 0.04, 0.03, 0.02],
    ];
    const { order, random } = curvePlan(scores, { count: 3, randomSets: 10 });
    expect(order.map(headName)).toEqual(["1.0", "1.1", "1.2"]);
    expect(random).toEqual([[], [], []]); // 1.3 is the only one left
    const model = await openPlanted("induction");
    const options = { backend: engine, numExamples: 10, curve: { count: 2 } };
    const result = await ablate(model, options);
    expect(result.curve!.points.map(({ random }) => random?.sets ?? null)).toEqual([3, null]);
    const [sentence] = ablateView(result).sentences!;
    expect(sentence).toMatch(
      /^Without the 2 heads .*nats\. There is no null for this: .*fewer than 3 different sets of 2 other heads.* Without the head that attends most like induction it rises by .*, above all of 3 different random sets of other heads of the same layers that do not attend like induction/,
    );
  });

  test("a head that is named twice is one head, in sets and among those of every run", async () => {
    const model = await openPlanted("induction");
    const options = { backend: engine, numExamples: 10 };
    const twice = await ablate(model, {
      ...options,
      sets: [["1.2", "1.2"]],
      alwaysAblate: ["0.0", "0.0"],
    });
    expect(twice.sets[0]!.heads).toEqual(["1.2"]);
    expect(twice.given).toEqual(["0.0"]);
    expect(twice.words).toEqual([]);
  });

  test("minimal sets of a planted circuit are its two heads, and hold on rows that the search did not see", async () => {
    const model = await openPlanted("induction");
    const result = await ablate(model, { backend: engine, numExamples: 10, minimal: {} });
    expect(ablateResult.safeParse(result).error).toBeUndefined();
    const { necessary, sufficient } = result.minimal!;
    expect(necessary.heads).toHaveLength(1);
    expect(["0.3", "1.2"]).toContain(necessary.heads[0]);
    expect(sufficient.heads.toSorted()).toEqual(["0.3", "1.2"]);
    for (const set of [necessary, sufficient])
      expect(set).toMatchObject({ reached: true, check: { holds: true, examples: 10 } });
    expect(necessary.kept).toBeLessThanOrEqual(0.2);
    expect(sufficient.kept).toBeGreaterThanOrEqual(0.8);
    expect(result.words.join(" ")).toMatch(/greedily.* other|seed/);
    const without = await ablate(model, {
      backend: engine,
      numExamples: 10,
      seed: 2_000_003,
      sets: [necessary.heads],
    });
    const { loss, sets } = without;
    const share = 1 - sets[0]!.secondCopy / (loss.firstCopy - loss.secondCopy);
    expect(necessary.check.kept).toBeCloseTo(share, 2);
  });

  test("refuses minimal sets where repetition does not help, and shares that are none", async () => {
    const model = await openPlanted("induction");
    const alwaysOff = { alwaysAblate: ["1.2"], kind: "zero" as const, numExamples: 10 };
    await expect(ablate(model, { backend: engine, ...alwaysOff, minimal: {} })).rejects.toThrow(
      /easier/,
    );
    await expect(ablate(model, { backend: engine, minimal: { share: 1 } })).rejects.toThrow(
      /0 and 1/,
    );
  });

  const smol = unlessShared("goldens", "smollm2-135m", "circuit.json");
  test.skipIf(smol.skip)(
    `equals PyTorch on SmolLM2's joint mean ablations${smol.note}`,
    { tags: ["slow"] },
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
      const result = await ablate(model, {
        backend: engine,
        rows: { tokens: clean, period, bos, reference: corrupted },
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
