import { beforeAll, describe, expect, test } from "vitest";
import { random } from "../../../src/base/random.ts";
import { load } from "../../../src/index.ts";
import { checkpointInMemory } from "../../../src/models/checkpointInMemory.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { plantedCheckpoint, type PlantedHead } from "../../../src/models/planted/circuit.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { verdictResult, type VerdictResult } from "../../../src/studies/verdict/result.ts";
import type { Backend } from "../../../src/base/backend.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { logInMemory } from "../../resumeLog.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await oneEngine();
});

const FEEDER: PlantedHead = {
  layer: 0,
  head: 3,
  query: "position",
  key: "position",
  sharpness: 30,
  shift: 1,
  copies: { from: "token", to: "previous", strength: 1 },
};
const MATCHING = {
  layer: 1,
  head: 2,
  query: "token",
  key: "previous",
  sharpness: 18,
  rest: 8,
} as const;
const COPY = { from: "token", to: "prediction", strength: 20 } as const;

function planted(
  heads: readonly PlantedHead[],
  sizes: { contextLength?: number } = {},
): LoadedModel {
  const all = {
    vocabulary: 256,
    contextLength: 160,
    width: 48,
    heads: 4,
    layers: 2,
    seed: 5,
    ...sizes,
  };
  return checkpointInMemory(plantedCheckpoint(all, heads), { id: "planted" });
}

const SMALL = { numExamples: 14, seqLen: 48 };
const labelOf = ({ heads }: VerdictResult, name: string) =>
  heads.find(({ layer, head }) => `${layer}.${head}` === name)!;
const lasting = ({ environment, timings, ...rest }: VerdictResult) => JSON.stringify(rest);

describe("verdict(model)", () => {
  test("tells what attention decides before its causal runs: labels that stay, and the heads that are still to be tested", async () => {
    const partial: VerdictResult[] = [];
    const heads = [FEEDER, { ...MATCHING, copies: COPY }];
    const whole = await verdict(planted(heads), {
      ...{ backend, ...SMALL, seeds: 2 },
      soFar: (byAttention) => partial.push(byAttention),
    });
    expect(partial.length).toBe(1);
    const [{ screened, heads: labelled }] = partial as [VerdictResult];
    expect(screened.leftOut).toEqual(["1.2"]);
    expect(labelOf(whole, "1.2").label).toBe("induction");
    const isKnown = ({ layer, head }: { layer: number; head: number }) =>
      !screened.leftOut.includes(`${layer}.${head}`);
    const labels = (all: VerdictResult["heads"]) => all.filter(isKnown).map(({ label }) => label);
    expect(labels(labelled)).toEqual(labels(whole.heads));
    expect(labelled.length).toBe(8);
  });

  test("finds the planted circuit: what each head is, what the induction head reads, and where", async () => {
    const result = await verdict(await openPlanted("induction"), { backend, ...SMALL });
    expect(verdictResult.safeParse(result).success).toBe(true);
    expect(result.heads.map(({ label }) => label)).toEqual([
      "other",
      "duplicate-token",
      "first-token",
      "previous-token",
      "other",
      "other",
      "induction",
      "other",
    ]);
    expect(result.circuit).toMatchObject({
      present: true,
      mechanism: "K",
      edges: [{ from: "0.3", to: "1.2", route: "k", compositionRank: 1 }],
      depth: { least: 0.5, most: 0.5, withinClaim: 1, heads: 1 },
    });
    const { copying, sufficiency } = labelOf(result, "1.2").evidence;
    expect(copying).toMatchObject({ writes: "+", weights: { effective: null } });
    expect(sufficiency!.centredLogit.value).toBeCloseTo(1, 1);
    expect(result.words[0]).toBe("One induction head: 1.2.");
  });

  test("gives no head induction in a circuit that is cut while its attention stays", async () => {
    for (const copies of [undefined, { ...COPY, to: "position" as const }]) {
      const cut = planted([FEEDER, { ...MATCHING, ...(copies && { copies }) }]);
      const result = await verdict(cut, { backend, ...SMALL });
      expect(labelOf(result, "1.2").label).toBe("attends-without-copying");
      expect(result.circuit.present).toBe(false);
      expect(result.words[0]).toContain("No induction head: 1.2 attends like one");
    }
  });

  test("tells an induction head from one that lowers what it sees, and both from two that share the work", async () => {
    const second = { ...MATCHING, head: 1 };
    const opposed = planted([
      FEEDER,
      { ...MATCHING, copies: COPY },
      { ...second, copies: { ...COPY, strength: -8 } },
    ]);
    const against = await verdict(opposed, { backend, ...SMALL });
    expect(labelOf(against, "1.1").label).toBe("anti-induction");
    expect(labelOf(against, "1.2").label).toBe("induction");
    const two = planted([FEEDER, { ...MATCHING, copies: COPY }, { ...second, copies: COPY }]);
    const shared = await verdict(two, { backend, ...SMALL });
    for (const name of ["1.1", "1.2"])
      expect(labelOf(shared, name)).toMatchObject({ label: "induction", flags: ["redundant"] });
  });

  test("says in words that there is none where no head attends like one", async () => {
    const result = await verdict(planted([FEEDER]), { backend, ...SMALL });
    expect(result.words[0]).toContain("No induction head");
    expect(result.causal).toBeNull();
    expect(labelOf(result, "0.3").label).toBe("previous-token");
  });

  test("goes on with the run that it was stopped in, whichever step that belongs to, to the same bytes", async () => {
    const model = await openPlanted("induction");
    const once = logInMemory();
    const whole = lasting(await verdict(model, { backend, ...SMALL, log: once }));
    const runs = [...once.values.keys()];
    const of = (step: string) => runs.filter((key) => key.startsWith(step) && key.includes("run"));
    for (const step of ["attention", "causal", "measuring upstream heads"]) {
      expect(of(step).length, step).toBeGreaterThan(2);
      const last = runs.indexOf(of(step)[1]!);
      const log = logInMemory();
      const controller = new AbortController();
      const stopped = verdict(model, {
        backend,
        ...SMALL,
        log: {
          get: log.get,
          set: (key, value) => {
            void log.set(key, value);
            if (key === runs[last]) controller.abort();
          },
        },
        signal: controller.signal,
      });
      await expect(stopped, step).rejects.toMatchObject({ name: "AbortError" });
      expect([...log.values.keys()], step).toEqual(runs.slice(0, last + 1));
      expect(lasting(await verdict(model, { backend, ...SMALL, log })), step).toBe(whole);
      expect([...log.values.keys()], step).toEqual(runs);
    }
  });

  test("has no interval and no p under ten examples, and says so", async () => {
    const result = await verdict(await openPlanted("induction"), {
      backend,
      numExamples: 4,
      seqLen: 32,
    });
    const { evidence } = labelOf(result, "1.2");
    expect(evidence.attention).toMatchObject({ p: null, induction: { low: null, high: null } });
    expect(evidence.necessity!.alone.mean.nats.low).toBeNull();
    expect(result.warnings.join()).toContain("no interval");
  });

  test("quick runs fewer sequences and says what was left out", async () => {
    const result = await verdict(await openPlanted("induction"), { backend, quick: true });
    expect(labelOf(result, "1.2").label).toBe("induction");
    expect(result.screened).toMatchObject({ quick: true, examples: { attention: 14, causal: 10 } });
  });

  test("measures the user's own rows, and warns that one period tells less", async () => {
    const model = await openPlanted("induction");
    const rows = Array.from({ length: 12 }, (_, row) => {
      const block = random(row)
        .distinct(16, 200)
        .map((id) => id + 1);
      return [0, ...block, ...block];
    });
    const result = await verdict(model, { backend, rows: { tokens: rows, period: 16, bos: true } });
    expect(result.periods).toEqual([16]);
    expect(labelOf(result, "1.2").label).toBe("induction");
    expect(result.warnings.join()).toContain("one period");
  });

  test.each([
    ["a period under 4", { seqLen: 6 }, /period of at least 4 tokens .* got 3/],
    ["an odd length", { seqLen: 33 }, /two copies need an even `seqLen`, got 33/],
    [
      "a length that the context has no room for",
      { seqLen: 400 },
      /two copies of 200 tokens do not fit: the context of 160 tokens/,
    ],
  ])("refuses %s", async (_, options, message) => {
    await expect(verdict(await openPlanted("induction"), { backend, ...options })).rejects.toThrow(
      message,
    );
  });

  test("shrinks to a context of few tokens, and says so; refuses one without room for 4", async () => {
    const small = await verdict(planted([FEEDER], { contextLength: 11 }), {
      backend,
      numExamples: 12,
    });
    expect(small.periods).toEqual([5, 4]);
    expect(small.warnings.join()).toMatch(/the period is 5 .* three periods are wanted/);
    await expect(verdict(planted([FEEDER], { contextLength: 7 }), { backend })).rejects.toThrow(
      /period of at least 4/,
    );
  });
});

test("the first sentence says what a verdict of one sequence, or without random heads, lacks", async () => {
  const firstWords = async (name: string, numExamples: number) => {
    const model = await load(name);
    const { words } = await verdict(model, { backend, quick: true, numExamples });
    await model.close();
    return words[0]!;
  };
  const [interval, noNull] = ["no effect has an interval", "this is without a null"];
  const alone = await firstWords("zoo:attn-2l", 1);
  expect([alone.includes(interval), alone.includes(noNull)]).toEqual([true, true]);
  const planted = await firstWords("planted:induction", 4);
  expect([planted.includes(interval), planted.includes(noNull)]).toEqual([false, false]);
});
