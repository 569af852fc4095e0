/**
 * @file Gemma 3 270M against PyTorch: norms before and after each part, windows, two rotary tables. Every head's ablations, all
 * sets and all paths take minutes and run with CAUSAL_GEMMA3=1, the verdict with VERDICT_GEMMA3=1.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { openModel } from "../../src/models/open.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { pathPatch } from "../../src/studies/path/path.ts";
import { score } from "../../src/studies/score/score.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../interventions/engine.ts";
import { shared, sharedJson, unlessShared } from "../shared.ts";

type Heads = number[][];
interface Golden {
  readonly tokens: number[][];
  readonly corrupted: number[][];
  readonly period: number;
  readonly bos: boolean;
  readonly induction: Heads;
  readonly duplicate: Heads;
  readonly previous: Heads;
  readonly current: Heads;
  readonly first: Heads;
  readonly loss_first_copy: number;
  readonly loss_second_copy: number;
  readonly ablate: Readonly<Record<"mean" | "resample", Heads>>;
  readonly joint: readonly { heads: string[]; mean: number; resample: number }[];
  readonly paths: Readonly<
    Record<string, { base: number; key: Record<string, number>; query: Record<string, number> }>
  >;
}

const backend = await oneEngine();
const goldens = unlessShared("goldens", "gemma3-270m", "circuit.json");
const weights = unlessShared("data", "gemma3-270m", "gemma-3-270m.v40960.Q4_K_M.gguf");
const all = process.env["CAUSAL_GEMMA3"] !== undefined;
const judged = process.env["VERDICT_GEMMA3"] !== undefined;
const SLOW_MS = 3_600_000;
/** Of the sets of the golden, those that are always removed together: the induction heads, and the heads that feed them. */
const SETS = ["5.1,5.2,11.2", "2.3,4.1"];
/** Within 1 %, or .01 nats. */
const near = (delta: number) => Math.max(0.01, 0.01 * Math.abs(delta));

describe.skipIf(goldens.skip || weights.skip)(`Gemma 3 270M${goldens.note || weights.note}`, () => {
  let model: LoadedModel;
  const golden = () => sharedJson("goldens", "gemma3-270m", "circuit.json") as Golden;
  const rows = () => {
    const { tokens, period, bos, corrupted: reference } = golden();
    return { tokens, period, bos, reference };
  };

  beforeAll(async () => {
    model = await openModel(shared("data", "gemma3-270m", "gemma-3-270m.v40960.Q4_K_M.gguf")!);
  });
  afterAll(() => model.close());

  test("has PyTorch's scores and losses of every head", async () => {
    const expected = golden();
    const { tokens, period, bos } = expected;
    const result = await score(model, {
      backend,
      rows: { tokens, period, bos },
      lossExamples: "all",
    });
    const names = {
      induction: expected.induction,
      duplicateToken: expected.duplicate,
      previousToken: expected.previous,
      currentToken: expected.current,
      firstToken: expected.first,
    } as const;
    for (const [name, theirs] of Object.entries(names))
      theirs.forEach((layer, at) =>
        layer.forEach((value, head) => {
          const ours = result.scores[name as keyof typeof names][at]![head]!;
          expect(Math.abs(ours - value), `${name} ${at}.${head}`).toBeLessThan(2e-3);
        }),
      );
  });

  test.skipIf(!all)(
    `has PyTorch's mean and resample ablations of all 72 heads${all ? "" : " (SKIPPED unless CAUSAL_GEMMA3 is set)"}`,
    async () => {
      const { ablate: expected, loss_second_copy } = golden();
      for (const kind of ["mean", "resample"] as const) {
        const { loss, heads } = await ablate(model, { backend, rows: rows(), kind });
        expect(Math.abs(loss.secondCopy - loss_second_copy)).toBeLessThan(2e-3);
        expected[kind].forEach((layer, at) =>
          layer.forEach((delta, head) => {
            const ours = heads!.delta.secondCopy[at]![head]!;
            expect(Math.abs(ours - delta), `${kind} ${at}.${head}`).toBeLessThan(near(delta));
          }),
        );
      }
    },
    SLOW_MS,
  );

  for (const kind of ["mean", "resample"] as const) {
    const left = !all && kind === "resample";
    test.skipIf(left)(
      `has PyTorch's ${kind} ablations of heads together${left ? " (SKIPPED unless CAUSAL_GEMMA3 is set)" : ""}`,
      { tags: ["slow"] },
      async () => {
        const joint = golden().joint.filter(({ heads }) => all || SETS.includes(heads.join()));
        const sets = joint.map(({ heads }) => heads);
        const result = await ablate(model, { backend, rows: rows(), kind, sets, eachHead: false });
        joint.forEach((set, index) => {
          const ours = result.sets[index]!.secondCopy;
          expect(Math.abs(ours - set[kind]), `${kind} ${set.heads.join()}`).toBeLessThan(
            near(set[kind]),
          );
        });
      },
    );
  }

  for (const receiver of ["5.1", "5.2", "11.2", "13.3", "17.2"]) {
    const left = !all && receiver !== "5.1";
    test.skipIf(left)(
      `has PyTorch's paths into keys${all ? " and queries" : ""} of ${receiver}${left ? " (SKIPPED unless CAUSAL_GEMMA3 is set)" : ""}`,
      { tags: ["slow"] },
      async () => {
        const { tokens: clean, corrupted, period, bos, paths } = golden();
        const theirs = paths[receiver]!;
        for (const [route, drops] of [
          ["k", theirs.key],
          ...(all ? ([["q", theirs.query]] as const) : []),
        ] as const) {
          const result = await pathPatch(model, {
            backend,
            rows: { clean, corrupted, period, bos },
            into: [receiver],
            route,
          });
          expect(Math.abs(result.metric.clean - theirs.base)).toBeLessThan(2e-3);
          expect(result.paths.map(({ from }) => from[0]).sort()).toEqual(Object.keys(drops).sort());
          for (const { from, drop } of result.paths)
            expect(Math.abs(drop - drops[from[0]!]!), `${route} ${from}`).toBeLessThan(2e-3);
        }
      },
    );
  }

  test.skipIf(!judged)(
    `has its circuit: 4.1 to 5.1, 10.1 to 11.2, 11.2 to 13.3 and 17.2${judged ? "" : " (SKIPPED unless VERDICT_GEMMA3 is set)"}`,
    async () => {
      const result = await verdict(model, { backend, seqLen: 100, numExamples: 8 });
      const of = (name: string) =>
        result.heads.find(({ layer, head }) => `${layer}.${head}` === name)!;
      const first = (name: string, route: string) =>
        of(name).evidence.upstream.find((path) => path.route === route)!;
      expect(of("11.2").label).toBe("induction");
      expect(of("11.2").evidence.copying!.effect.value).toBeGreaterThan(10);
      expect(first("11.2", "k")).toMatchObject({ layer: 10, head: 1 });
      expect(of("5.1")).toMatchObject({
        label: "induction",
        flags: expect.arrayContaining(["via-pattern"]) as string[],
      });
      expect(Math.abs(of("5.1").evidence.copying!.effect.value)).toBeLessThan(0.2);
      expect(first("5.1", "k")).toMatchObject({ layer: 4, head: 1 });
      expect(first("5.1", "k").effect).toBeGreaterThan(0.9);
      for (const name of ["13.3", "17.2"]) {
        expect(of(name).label, name).toBe("copy-suppression");
        expect(of(name).evidence.copying!.effect.value, name).toBeLessThan(-0.8);
        expect(first(name, "q"), name).toMatchObject({ layer: 11, head: 2 });
      }
    },
    SLOW_MS,
  );
});
