import { describe, expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { plantedModel } from "../../../src/bench/population/plantedModel.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { shapleyResult, type ShapleyResult } from "../../../src/studies/shapley/result.ts";
import { shapley } from "../../../src/studies/shapley/shapley.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { logInMemory } from "../../resumeLog.ts";
import { loadedPlanted } from "../verdict/loadedPlanted.ts";

const backend = await oneEngine();
const SMALL = { numExamples: 10, seqLen: 32, backend };
const lasting = ({ environment, timings, ...rest }: ShapleyResult) => JSON.stringify(rest);
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

describe("shapley(model)", () => {
  test("gives a planted circuit to its two heads alone, by halves, and adds up to the whole", async () => {
    const result = await shapley(await openPlanted("induction"), {
      ...SMALL,
      heads: ["0.1", "0.3", "1.1", "1.2"],
      kind: "zero",
    });
    expect(shapleyResult.safeParse(result).success).toBe(true);
    expect(result.design).toEqual({ kind: "exact", subsets: 16 });
    const { copyGain, heads } = result;
    expect(sum(heads.map((head) => head.copyGain.value))).toBeCloseTo(copyGain.gain.value, 4);
    for (const { layer, head, copyGain: part, centredLogit } of heads) {
      const inCircuit = ["0.3", "1.2"].includes(`${layer}.${head}`);
      expect(part.matters, `${layer}.${head}`).toBe(inCircuit ? "yes" : "no");
      expect(centredLogit.matters, `${layer}.${head}`).toBe(inCircuit ? "yes" : "no");
      if (inCircuit) expect(part.share!).toBeCloseTo(0.5, 1);
      expect(Math.abs(part.null.value)).toBeLessThan(0.1 * copyGain.gain.value);
    }
    expect(result.words.join(" ")).toMatch(/Surely 5 % of that or more: .*(0\.3|1\.2)/);
  });

  test("gives what a substitute predicts wrongly to the head that writes predictions, and says so", async () => {
    const model = await openPlanted("induction");
    for (const kind of ["sized-mean", "resample"] as const) {
      const { copyGain, heads, words } = await shapley(model, {
        ...{ ...SMALL, heads: ["0.3", "1.2"], kind },
      });
      const [feeder, induction] = heads as [(typeof heads)[0], (typeof heads)[0]];
      expect(copyGain.none).toBeLessThan(-1);
      // half of what copying brings over none, and all of the harm
      expect(feeder.copyGain.value / copyGain.all).toBeCloseTo(0.5, 1);
      expect((induction.copyGain.value + copyGain.none) / copyGain.all).toBeCloseTo(0.5, 1);
      expect(feeder.centredLogit.share).toBeCloseTo(0.5, 1);
      expect(words.join(" ")).toMatch(/nats worse than without copying/);
    }
    const { words } = await shapley(model, { ...SMALL, heads: ["0.3", "1.2"], kind: "zero" });
    expect(words.join(" ")).not.toMatch(/worse than without copying/);
  });

  test("gives one head what ablating it alone loses, and two redundant ones the same each", async () => {
    const kinds = [
      ["feeder", "noise", "first", "noise"],
      ["redundant", "redundant", "noise", "noise"],
    ] as const;
    const model = loadedPlanted(plantedModel(700, { kinds }), 0);
    const options = { ...SMALL, kind: "mean" } as const;
    const alone = await shapley(model, { ...options, heads: ["1.0"] });
    const { heads: ablated } = await ablate(model, { ...SMALL, kind: "mean" });
    const { firstCopy, secondCopy } = ablated!.delta;
    expect(alone.heads[0]!.copyGain.value).toBeCloseTo(secondCopy[1]![0]! - firstCopy[1]![0]!, 3);
    const both = await shapley(model, { ...options, heads: ["1.0", "1.1"] });
    const [first, other] = both.heads.map((head) => head.copyGain.value) as [number, number];
    expect(first / other).toBeGreaterThan(0.8);
    expect(first / other).toBeLessThan(1.25);
    expect(first).toBeGreaterThan(alone.heads[0]!.copyGain.value);
  });

  test("draws orders for more than twelve heads, and resumes to the same bytes", async () => {
    const kinds = [
      ["feeder", "noise", "first", "noise", "noise", "noise", "noise"],
      ["induction", "noise", "noise", "noise", "noise", "noise", "noise"],
    ] as const;
    const model = loadedPlanted(plantedModel(700, { kinds }), 0);
    const options = { ...SMALL, pairs: 10, seqLen: 16 };
    const log = logInMemory();
    const whole = await shapley(model, { ...options, log });
    expect(whole.design).toEqual({ kind: "sampled", pairs: 10, seed: 0 });
    expect(sum(whole.heads.map((head) => head.copyGain.value))).toBeCloseTo(
      whole.copyGain.gain.value,
      3,
    );
    const matter = whole.heads.filter(({ copyGain }) => copyGain.matters === "yes");
    expect(matter.map(({ layer, head }) => `${layer}.${head}`)).toEqual(["0.0", "1.0"]);
    expect(lasting(await shapley(model, { ...options, log }))).toBe(lasting(whole));
  });

  test.each([
    [{ heads: ["9.0"] }, /the model has heads 0\.0 to 1\.3, got 9\.0/],
    [{ heads: [] }, /at least one head, got none/],
    [{ threshold: 2 }, /between 0 and 1, got 2/],
    [{ pairs: 0 }, /whole number from 1 on, got 0/],
  ])("refuses %j", async (options, message) => {
    await expect(shapley(await openPlanted("induction"), { ...SMALL, ...options })).rejects.toThrow(
      message,
    );
  });
});
