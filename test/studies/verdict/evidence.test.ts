/**
 * @file The numbers that a verdict rests on, read out of its own Result: as the toolkit has them on a planted model, and as PyTorch
 * has them on two trained ones. Those take minutes and run with VERDICT_EVIDENCE=1.
 */
import { describe, expect, test } from "vitest";
import { plantedModel } from "../../../src/bench/population/plantedModel.ts";
import { random } from "../../../src/base/random.ts";
import { openModel } from "../../../src/models/open.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { pathPatch } from "../../../src/studies/path/path.ts";
import type { VerdictResult } from "../../../src/studies/verdict/result.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared, sharedJson, unlessShared } from "../../shared.ts";
import { loadedPlanted } from "./loadedPlanted.ts";

const backend = await oneEngine();
const KINDS = [
  ["feeder", "first", "noise"],
  ["induction", "noise", "noise"],
] as const;

function planted() {
  const architecture = "no norm, attention only";
  return loadedPlanted(plantedModel(702, { kinds: KINDS, architecture }), 702);
}

/** Rows with a first copy, their corrupted twins, and others. */
function plantedRows(examples: number) {
  const draw = random(11);
  const period = 16;
  const blocks = (ids: readonly number[]) =>
    [0, 1, 2].map((at) => ids.slice(at * period, (at + 1) * period).map((id) => id + 1));
  const all = Array.from({ length: examples }, () => blocks(draw.distinct(3 * period, 90)));
  return {
    ...{ period, bos: true },
    tokens: all.map(([a]) => [0, ...a!, ...a!]),
    corrupted: all.map(([a, b]) => [0, ...b!, ...a!]),
    reference: all.map(([, , c]) => [0, ...c!, ...c!]),
  };
}

const headOf = ({ heads }: VerdictResult, name: string) =>
  heads.find(({ layer, head }) => `${layer}.${head}` === name)!;

describe("the evidence of a verdict on own rows", () => {
  test("is what ablate and path have on the same rows", async () => {
    const model = planted();
    const { corrupted, ...rows } = plantedRows(12);
    const { tokens: clean, period, bos } = rows;
    const result = await verdict(model, { backend, rows: { ...rows, corrupted } });
    const { alone } = headOf(result, "1.0").evidence.necessity!;
    for (const [kind, drop] of [
      ["mean", alone.mean],
      ["sized-mean", alone.sizedMean],
    ] as const) {
      const { sets } = await ablate(model, { backend, rows, kind, sets: [["1.0"]] });
      expect(drop.nats.value, kind).toBeCloseTo(sets[0]!.secondCopy, 3);
    }
    const { metric, paths } = await pathPatch(model, {
      ...{ backend, into: ["1.0"], route: "k" },
      rows: { clean, corrupted, period, bos },
    });
    const feeder = headOf(result, "1.0").evidence.upstream.find(({ route }) => route === "k")!;
    expect([feeder.layer, feeder.head]).toEqual([0, 0]);
    const { drop } = paths.find(({ from }) => from[0] === "0.0")!;
    expect(feeder.effect).toBeCloseTo(drop / metric.clean, 4);
    expect(result.warnings.join()).toMatch(/the given reference rows/);
  });

  test.each([
    ["corrupted", (rows: number[][]) => rows.slice(1), "pair", /12 rows of 33 .* got 11 x 33/],
    ["corrupted", short, "pair", /12 rows of 33 .* got 12 x 32/],
    ["reference", short, "reference", /rows of 33 .* got 12 x 32/],
  ] as const)("refuses %s rows that do not fit", async (name, change, code, message) => {
    const rows = plantedRows(12);
    const refusing = verdict(planted(), { backend, rows: { ...rows, [name]: change(rows[name]) } });
    await expect(refusing).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

function short(rows: number[][]): number[][] {
  return rows.map((row) => row.slice(1));
}

type Drops = Readonly<Record<string, number>>;
interface Golden {
  readonly clean?: number[][];
  readonly tokens?: number[][];
  readonly corrupted: number[][];
  readonly period: number;
  readonly bos: boolean;
  readonly base_second_copy_loss: number;
  readonly paths: Readonly<Record<string, { base: number; key: Drops; query: Drops }>>;
  readonly ablate:
    | readonly { readonly heads: readonly string[]; readonly delta: number }[]
    | Readonly<Record<"mean" | "resample", number[][]>>;
  readonly direct_logit_effect?: number[][];
}

const MODELS = [
  ["smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf"],
  ["gemma3-270m", "gemma-3-270m.v40960.Q4_K_M.gguf"],
] as const;
const isWanted = process.env["VERDICT_EVIDENCE"] !== undefined;
const SLOW_MS = 3_600_000;
/** As the toolkit is compared: within 1 %, or .01 nats and logits; paths within .002. */
const near = (value: number) => Math.max(0.01, 0.01 * Math.abs(value));
const PATHS = 2e-3;

describe.each(MODELS)("the evidence of a verdict of %s", (name, file) => {
  const goldens = unlessShared("goldens", name, "circuit.json");
  const weights = unlessShared("data", name, file);
  const skip = goldens.skip || weights.skip || !isWanted;
  const note =
    goldens.note || weights.note || (isWanted ? "" : " (SKIPPED unless VERDICT_EVIDENCE is set)");

  test.skipIf(skip)(`is PyTorch's${note}`, { timeout: SLOW_MS }, async () => {
    const golden = sharedJson("goldens", name, "circuit.json") as Golden;
    const { corrupted, period, bos } = golden;
    const tokens = golden.clean ?? golden.tokens!;
    // resampled outputs are those of the next reference row, PyTorch's those of the same one
    const reference = [corrupted.at(-1)!, ...corrupted.slice(0, -1)];
    const model = await openModel(shared("data", name, file)!);
    const rows = { tokens, period, bos, corrupted, reference };
    const result = await verdict(model, { backend, rows });
    await model.close();
    expect(Math.abs(result.causal!.clean.nats - golden.base_second_copy_loss)).toBeLessThan(2e-3);
    const compared = [
      ...ablationsOf(result, golden),
      ...pathsOf(result, golden),
      ...directOf(result, golden),
    ];
    for (const { what, ours, theirs, within } of compared)
      expect(Math.abs(ours - theirs), what).toBeLessThan(within);
    expect(compared.length).toBeGreaterThan(10);
  });
});

interface Compared {
  readonly what: string;
  readonly ours: number;
  readonly theirs: number;
  readonly within: number;
}

/** Of the heads that the verdict ran causally. */
function ablationsOf(result: VerdictResult, { ablate: theirs }: Golden): Compared[] {
  return result.heads.flatMap(({ layer, head, evidence: { necessity } }) => {
    if (!necessity) return [];
    const name = `${layer}.${head}`;
    return (["mean", "resample"] as const).flatMap((kind) => {
      const value =
        kind in theirs
          ? (theirs as Record<string, number[][]>)[kind]![layer]![head]!
          : kind === "mean"
            ? (theirs as { heads: string[]; delta: number }[]).find(
                ({ heads }) => heads.join() === name,
              )?.delta
            : undefined;
      const ours = necessity.alone[kind].nats.value;
      return value === undefined
        ? []
        : [{ what: `${kind} ${name}`, ours, theirs: value, within: near(value) }];
    });
  });
}

function pathsOf(result: VerdictResult, { paths }: Golden): Compared[] {
  return Object.entries(paths).flatMap(([receiver, { base, key, query }]) =>
    headOf(result, receiver).evidence.upstream.flatMap(({ layer, head, route, effect }) => {
      const theirs = { k: key, q: query, v: {} as Drops }[route][`${layer}.${head}`];
      const what = `${route} ${layer}.${head} into ${receiver}`;
      return theirs === undefined ? [] : [{ what, ours: effect * base, theirs, within: PATHS }];
    }),
  );
}

function directOf(result: VerdictResult, { direct_logit_effect: all }: Golden): Compared[] {
  return result.heads.flatMap(({ layer, head, evidence: { copying } }) => {
    if (!copying || !all) return [];
    const theirs = all[layer]![head]!;
    const what = `direct effect of ${layer}.${head}`;
    return [{ what, ours: copying.effect.value, theirs, within: near(theirs) }];
  });
}
