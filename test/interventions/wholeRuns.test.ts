/** @file Patches against the plain way: the whole program run once for each, with an edit, and metrics from its logits. */
import { describe, expect, test } from "vitest";
import { AbortError, InputError } from "../../src/base/errors.ts";
import { tensor, type Tensor } from "../../src/base/tensor.ts";
import { capture } from "../../src/graph/edits/capture.ts";
import { replace, replacementInputs } from "../../src/graph/edits/replace.ts";
import { openFolder } from "../../src/models/folder.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { METRIC_NAMES, type MetricName, type UnitName } from "../../src/results/causalNames.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { pairOf, type Pair } from "../../src/inputs/pair.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { shared, unlessShared } from "../shared.ts";
import { oneEngine } from "./engine.ts";
import { furthest, TOLERANCE } from "./goldens.ts";

const engine = await oneEngine();
const OPTIONS = { numExamples: 3, seqLen: 12, design: "BC" } as const;

const HOOKS: Partial<Record<UnitName, { hook: string; by: string | null }>> = {
  "head-out": { hook: "attn.hook_z", by: "head" },
  "head-q": { hook: "attn.hook_q", by: "head" },
  "head-k": { hook: "attn.hook_k", by: "kv_head" },
  "head-v": { hook: "attn.hook_v", by: "kv_head" },
  "head-pattern": { hook: "attn.hook_pattern", by: "head" },
  "resid-pre": { hook: "hook_resid_pre", by: null },
  "attn-out": { hook: "hook_attn_out", by: null },
  "mlp-out": { hook: "hook_mlp_out", by: null },
};

/** Logits of the corrupted rows with one value, or one head of it, from the clean rows. */
async function wholeRun(
  model: LoadedModel,
  pair: Pair,
  name: string,
  by: string | null,
  head: number,
) {
  const source = await prepare(capture(model.program, [name]), engine);
  const clean = (await source.run(new Map([["tokens", pair.clean]]))).get(name)!;
  await source.close();
  const session = await prepare(
    replace(model.program, name, { by: by ? ["batch", by] : ["batch"] }),
    engine,
  );
  const names = replacementInputs(name);
  const rows = pair.clean.shape[0]!;
  const heads = by ? clean.shape[clean.axes.indexOf(by)]! : 1;
  const on = new Uint8Array(rows * heads).map((_, index) =>
    by === null || index % heads === head ? 1 : 0,
  );
  const trace = await session.run(
    new Map<string, Tensor | Tensor<Int32Array> | Tensor<Uint8Array>>([
      ["tokens", pair.corrupted],
      [names.on, by ? tensor(["batch", by], [rows, heads], on) : tensor(["batch"], [rows], on)],
      [names.replacement, clean],
    ]),
  );
  await session.close();
  return trace.get("logits")!;
}

/** Logits of the corrupted rows with one weight of one head from the clean rows. */
async function wholeCell(
  model: LoadedModel,
  pair: Pair,
  name: string,
  { head, query, key }: { readonly head: number; readonly query: number; readonly key: number },
) {
  const source = await prepare(capture(model.program, [name]), engine);
  const clean = (await source.run(new Map([["tokens", pair.clean]]))).get(name)!;
  await source.close();
  const session = await prepare(
    replace(model.program, name, { by: ["batch", "head", "query", "key"] }),
    engine,
  );
  const names = replacementInputs(name);
  const [, heads, queries, keys] = clean.shape as readonly [number, number, number, number];
  const at = (head * queries + query) * keys + key;
  const on = clean.data.map((_, index) => (index % (heads * queries * keys) === at ? 1 : 0));
  const trace = await session.run(
    new Map<string, Tensor | Tensor<Int32Array> | Tensor<Uint8Array>>([
      ["tokens", pair.corrupted],
      [names.on, tensor(clean.axes, clean.shape, Uint8Array.from(on))],
      [names.replacement, clean],
    ]),
  );
  await session.close();
  return trace.get("logits")!;
}

/** The mean log-probability of the clean next tokens at the pair's positions. */
function logProbability({ data, shape }: Tensor, { clean, positions }: Pair): number {
  const [rows, length, vocabulary] = shape as readonly [number, number, number];
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    for (const position of positions) {
      const logits = data.subarray((row * length + position) * vocabulary).subarray(0, vocabulary);
      const all = Math.log(logits.reduce((total, value) => total + Math.exp(value), 0));
      sum += logits[clean.data[row * length + position + 1]!]! - all;
    }
  }
  return sum / (rows * positions.length);
}

describe("patch, against whole runs", () => {
  for (const name of ["llama", "neox", "qwen3", "gpt2"]) {
    const { skip, note } = unlessShared("goldens", name, "config.json");
    test.skipIf(skip)(`gives the same on ${name}, unit by unit${note}`, async () => {
      const model = await openFolder(shared("goldens", name)!, name);
      const pair = await pairOf(model.architecture, OPTIONS);
      const { kvHeads, heads } = model.architecture;
      for (const [unit, { hook, by }] of Object.entries(HOOKS)) {
        const { values } = await patch(model, {
          backend: engine,
          ...OPTIONS,
          unit: unit as UnitName,
          raw: true,
        });
        const axis = by === "kv_head" && kvHeads === heads ? "head" : by;
        const last = axis === null ? 0 : (axis === "head" ? heads : kvHeads) - 1;
        const logits = await wholeRun(model, pair, `blocks.1.${hook}`, axis, last);
        const ours = axis === null ? values[1] : (values[1] as number[])[last];
        expect(Math.abs((ours as number) - logProbability(logits, pair)), unit).toBeLessThan(
          TOLERANCE,
        );
      }
      await model.close();
    });
  }

  for (const name of ["llama", "gpt2"]) {
    const { skip, note } = unlessShared("goldens", name, "config.json");
    test.skipIf(skip)(
      `gives the same on ${name} for one weight of one head's pattern${note}`,
      async () => {
        const model = await openFolder(shared("goldens", name)!, name);
        const pair = await pairOf(model.architecture, OPTIONS);
        const heads = ["1.3", "0.1"];
        const result = await patch(model, {
          backend: engine,
          ...OPTIONS,
          heads,
          byCell: true,
          raw: true,
        });
        expect([result.unit, result.axes, result.heads]).toEqual([
          "head-pattern",
          ["head", "query", "key"],
          heads,
        ]);
        const cells = result.values as number[][][];
        const length = pair.clean.shape[1]!;
        expect(cells[0]!.map((row) => row.length)).toEqual(
          Array.from({ length }, (_, query) => query + 1),
        );
        for (const [index, layer, head, query, key] of [
          [0, 1, 3, 9, 4],
          [1, 0, 1, 8, 8],
        ] as const) {
          const hook = `blocks.${layer}.attn.hook_pattern`;
          const logits = await wholeCell(model, pair, hook, { head, query, key });
          expect(Math.abs(cells[index]![query]![key]! - logProbability(logits, pair))).toBeLessThan(
            TOLERANCE,
          );
        }
        await model.close();
      },
    );
  }

  test("chosen heads have the values that they have among all, in the order of asking", async () => {
    const model = await openPlanted("induction");
    const options = { numExamples: 10, seqLen: 12 } as const;
    for (const unit of ["head-out", "head-k"] as const) {
      const all = await patch(model, { backend: engine, ...options, unit });
      const subset = await patch(model, {
        backend: engine,
        ...options,
        unit,
        heads: ["1.2", "0.3"],
      });
      const of = (values: unknown) => [
        (values as number[][])[1]![2],
        (values as number[][])[0]![3],
      ];
      expect(furthest(subset.values, of(all.values))).toBeLessThan(1e-5);
      expect(furthest(subset.effects, of(all.effects))).toBeLessThan(1e-5);
      const intervals = [[all.intervals![1]![2], all.intervals![0]![3]]];
      expect(furthest(subset.intervals, intervals)).toBeLessThan(1e-5);
      const byPlace = { ...options, unit, byPosition: true };
      const positions = await patch(model, { backend: engine, ...byPlace, heads: ["1.2"] });
      const every = await patch(model, { backend: engine, ...byPlace });
      const theirs = [(every.values as number[][][])[1]![2]];
      expect(furthest(positions.values, theirs)).toBeLessThan(1e-5);
    }
    await expect(patch(model, { backend: engine, heads: ["1.4"] })).rejects.toThrow(/nearest: 1.3/);
    await expect(
      patch(model, { backend: engine, heads: ["1.2"], unit: "resid-pre" }),
    ).rejects.toThrow(InputError);
    await expect(patch(model, { backend: engine, byCell: true })).rejects.toThrow(/chosen heads/);
  });

  test("every metric of every design and mode is a number, and effects of everything are 1", async () => {
    const model = await openPlanted("induction");
    for (const metric of METRIC_NAMES) {
      for (const mode of ["denoise", "noise"] as const) {
        const result = await patch(model, {
          backend: engine,
          numExamples: 5,
          seqLen: 12,
          design: "BC",
          metric,
          mode,
          unit: "resid-pre",
        });
        expect((result.effects as number[])[0], `${metric} ${mode}`).toBeCloseTo(1, 4);
      }
    }
  });

  test("kl is 0 for the clean run; loss is minus the log-probability", async () => {
    const model = await openPlanted("induction");
    const of = (metric: MetricName) =>
      patch(model, { backend: engine, numExamples: 5, seqLen: 12, metric, unit: "resid-pre" });
    expect((await of("kl")).metric.clean).toBe(0);
    const [loss, log] = [await of("loss"), await of("log-probability")];
    expect(
      furthest(
        loss.values,
        (log.values as number[]).map((value) => -value),
      ),
    ).toBe(0);
  });

  test("refuses a difference within its noise, rows that do not fit, and stops when asked", async () => {
    const model = await openPlanted("induction");
    const row = (first: number) => Array.from({ length: 4 }, (_, index) => first + index);
    const clean = [10, 20, 30].map((first) => [...row(first), ...row(first)]);
    const own = { clean, corrupted: clean, period: 4, bos: false };
    await expect(patch(model, { backend: engine, rows: own })).rejects.toThrow(/3 standard errors/);
    const short = { ...own, corrupted: clean.map((ids) => ids.slice(1)) };
    await expect(patch(model, { backend: engine, rows: short })).rejects.toThrow(
      /equal sizes, got 3 x 8 and 3 x 7/,
    );
    await expect(patch(model, { backend: engine, unit: "resid-mid" })).rejects.toThrow(InputError);
    await expect(
      patch(model, { backend: engine, design: "AB", metric: "logit-difference", rows: own }),
    ).rejects.toThrow(/suggests another/);
    await expect(patch(model, { backend: engine, signal: AbortSignal.abort() })).rejects.toThrow(
      AbortError,
    );
  });
});
