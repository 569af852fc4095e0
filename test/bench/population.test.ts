/** @file Holds the truth of planted models to their constructions: attention, direct effects and ablations, by kind. */
import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { tensor, type Tensor } from "../../src/base/tensor.ts";
import { ablate, ablationInput } from "../../src/graph/edits/ablate.ts";
import { capture } from "../../src/graph/edits/capture.ts";
import { replace, replacementInputs } from "../../src/graph/edits/replace.ts";
import type { Program } from "../../src/graph/program.ts";
import { modelFrom } from "../../src/models/families.ts";
import type { KindName } from "../../src/bench/population/kinds.ts";
import { orthogonal } from "../../src/bench/population/orthogonal.ts";
import { PLANS } from "../../src/bench/population/plans.ts";
import {
  plantedModel,
  type PlantedModel,
  type TrueHead,
} from "../../src/bench/population/plantedModel.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { oneEngine } from "../interventions/engine.ts";

const engine = await oneEngine();
const PERIOD = 28;
const LENGTH = 1 + 2 * PERIOD;
const ROWS = 3;

/** BOS r r, drawn here so that the construction is not tested by the studies' own input. */
function repeatedRows(vocabulary: number): number[][] {
  const draw = random(5);
  return Array.from({ length: ROWS }, () => {
    const block = draw.distinct(PERIOD, vocabulary - 1).map((token) => token + 1);
    return [0, ...block, ...block];
  });
}

type Heads = readonly Pick<TrueHead, "layer" | "head">[];

/** Everything that is looked at in one model. */
interface Looked {
  readonly model: PlantedModel;
  /** Mean attention of a head from the second copy to position `keyOf(query)`, with some heads ablated. */
  readonly attention: (
    at: TrueHead,
    keyOf: (query: number) => number,
    without?: Heads,
  ) => Promise<number>;
  /** Mean logit of the repeated token less the mean of all logits, with some heads ablated. */
  readonly logit: (without?: Heads) => Promise<number>;
  /** Mean -log p of the repeated token, in nats. */
  readonly loss: () => Promise<number>;
  /** What the head's own output adds to that logit directly, the final norm's scale as it was. */
  readonly direct: (at: TrueHead) => Promise<number>;
  readonly close: () => Promise<void>;
}

async function looked(model: PlantedModel): Promise<Looked> {
  const { program, architecture } = modelFrom(model.config, {
    weights: model.weights,
    unsupported: new Map(),
  });
  const { layers, heads, vocabulary } = architecture;
  const rows = repeatedRows(vocabulary);
  const tokens = (count = 1) =>
    tensor(
      ["batch", "position"],
      [count * ROWS, LENGTH],
      Int32Array.from(Array.from({ length: count }, () => rows.flat()).flat()),
    );
  const hooks = (hook: string) =>
    Array.from({ length: layers }, (_, layer) => `blocks.${layer}.attn.${hook}`);
  const scale = "ln_final.hook_scale";
  const normed = program.ops.some(({ output }) => output === scale);
  const cut = hooks("hook_z").reduce<Program>((edited, name) => ablate(edited, name), program);
  const results = hooks("hook_result");
  const session = await prepare(
    capture(cut, ["logits", ...hooks("hook_pattern"), ...results, ...(normed ? [scale] : [])]),
    engine,
  );
  const last = `blocks.${layers - 1}.hook_resid_post`;
  const fixedEnd = replace(program, last, { by: [] });
  const headSession = await prepare(
    normed ? replace(fixedEnd, scale, { by: [] }) : fixedEnd,
    engine,
  );

  const traces = new Map<string, ReadonlyMap<string, Tensor>>();
  const run = async (without: Heads = []) => {
    const name = JSON.stringify(without.map(({ layer, head }) => [layer, head]));
    const earlier = traces.get(name);
    if (earlier) return earlier;
    const feeds = new Map<string, Tensor | Tensor<Int32Array> | Tensor<Uint8Array>>([
      ["tokens", tokens()],
    ]);
    for (let layer = 0; layer < layers; layer++) {
      const on = new Uint8Array(ROWS * heads);
      for (const at of without)
        if (at.layer === layer) for (let row = 0; row < ROWS; row++) on[row * heads + at.head] = 1;
      feeds.set(
        ablationInput(`blocks.${layer}.attn.hook_z`),
        tensor(["batch", "head"], [ROWS, heads], on),
      );
    }
    const trace = await session.run(feeds);
    traces.set(name, trace);
    return trace;
  };
  const second = Array.from({ length: PERIOD - 1 }, (_, at) => 1 + PERIOD + at);
  const everywhere = tensor([], [], Uint8Array.of(1));
  return {
    model,
    attention: async ({ layer, head }, keyOf, without) => {
      const { data } = (await run(without)).get(`blocks.${layer}.attn.hook_pattern`)!;
      const values = rows.flatMap((_, row) =>
        second.map(
          (query) => data[((row * heads + head) * LENGTH + query) * LENGTH + keyOf(query)]!,
        ),
      );
      return mean(values);
    },
    logit: async (without) => mean(centred((await run(without)).get("logits")!, rows, second)),
    loss: async () => mean(losses((await run()).get("logits")!, rows, second)),
    direct: async ({ layer, head }) => {
      const trace = await run();
      const { data, shape } = trace.get(`blocks.${layer}.attn.hook_result`)!; // [batch, position, head, d_model]
      const dModel = shape[3]!;
      const own = new Float32Array(ROWS * LENGTH * dModel);
      for (let at = 0; at < ROWS * LENGTH; at++)
        own.set(
          data.subarray((at * heads + head) * dModel, (at * heads + head + 1) * dModel),
          at * dModel,
        );
      const feeds = new Map<string, Tensor | Tensor<Int32Array> | Tensor<Uint8Array>>([
        ["tokens", tokens()],
        [replacementInputs(last).on, everywhere],
        [
          replacementInputs(last).replacement,
          tensor(["batch", "position", "d_model"], [ROWS, LENGTH, dModel], own),
        ],
      ]);
      if (normed) {
        feeds.set(replacementInputs(scale).on, everywhere);
        feeds.set(replacementInputs(scale).replacement, trace.get(scale)!);
      }
      return mean(centred((await headSession.run(feeds)).get("logits")!, rows, second));
    },
    close: async () => {
      await session.close();
      await headSession.close();
    },
  };
}

function centred(logits: Tensor, rows: readonly number[][], queries: readonly number[]): number[] {
  return perQuery(logits, rows, queries, (values, target) => values[target]! - mean([...values]));
}

function losses(logits: Tensor, rows: readonly number[][], queries: readonly number[]): number[] {
  return perQuery(logits, rows, queries, (values, target) => {
    const top = Math.max(...values);
    return (
      Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0)) +
      top -
      values[target]!
    );
  });
}

function perQuery(
  { data, shape }: Tensor,
  rows: readonly number[][],
  queries: readonly number[],
  of: (values: Float32Array, target: number) => number,
): number[] {
  const size = shape[2]!;
  return rows.flatMap((tokens, row) =>
    queries.map((query) => {
      const at = (row * LENGTH + query) * size;
      return of(data.subarray(at, at + size), tokens[query + 1]!);
    }),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const previous = (query: number) => query - 1;
const duplicate = (query: number) => query - PERIOD;
const itself = (query: number) => query;
const induction = (query: number) => query - PERIOD + 1;
const FIRST = () => 0;
const PLACES = { previous, duplicate, itself, induction, first: FIRST };

/** Where a kind looks, with the least and the most attention there. */
const LOOKS: Partial<Record<KindName, readonly [keyof typeof PLACES, number, number][]>> = {
  feeder: [["previous", 0.9, 1]],
  previous: [["previous", 0.25, 1]],
  latePrevious: [["previous", 0.25, 1]],
  pointer: [["duplicate", 0.85, 1]],
  duplicate: [["duplicate", 0.85, 1]],
  duplicateThatCopies: [["duplicate", 0.85, 1]],
  current: [["itself", 0.25, 1]],
  canceller: [["itself", 0.99, 1]],
  first: [["first", 0.9, 1]],
  unfed: [["first", 0.9, 1]],
  induction: [["induction", 0.45, 1]],
  redundant: [["induction", 0.9, 1]],
  partial: [["induction", 0.2, 0.5]],
  pointerInduction: [["induction", 0.9, 1]],
  doubleInduction: [["induction", 0.9, 1]],
  antiInduction: [["induction", 0.45, 1]],
  copySuppression: [["induction", 0.35, 1]],
  attendsOnly: [["induction", 0.45, 1]],
  scrambled: [["induction", 0.45, 1]],
  offUnembedding: [["induction", 0.45, 1]],
  sizeOnly: [["induction", 0.45, 1]],
  meanOnly: [["induction", 0.45, 1]],
  constantOnly: [["induction", 0.45, 1]],
  cancelled: [["induction", 0.9, 1]],
  previousAndDuplicate: [
    ["previous", 0.25, 0.65],
    ["duplicate", 0.25, 0.65],
  ],
  inductionAndPrevious: [
    ["induction", 0.3, 0.6],
    ["previous", 0.3, 0.6],
  ],
  threefold: [
    ["itself", 0.2, 0.45],
    ["duplicate", 0.25, 0.5],
    ["induction", 0.2, 0.45],
  ],
};

const RAISES: readonly KindName[] = [
  "induction",
  "redundant",
  "partial",
  "pointerInduction",
  "doubleInduction",
];
const LOWERS: readonly KindName[] = ["antiInduction", "copySuppression"];
const WRITES_NOTHING: readonly KindName[] = [
  "attendsOnly",
  "scrambled",
  "offUnembedding",
  "sizeOnly",
  "meanOnly",
  "constantOnly",
];

const models = [...Array.from({ length: 28 }, (_, at) => 140 + at), 128].map((seed) =>
  plantedModel(seed),
);
const all = await Promise.all(models.map(looked));
/** A head that writes the same wherever it looks stands before the MLP that takes off a copy, whose norm must count it whole. */
const crowded = await looked(plantedModel(1264));
const of = (kinds: readonly KindName[], { model }: Looked) =>
  model.truth.filter(({ kind }) => kinds.includes(kind));
const headText = ({ model }: Looked, { kind, layer, head }: TrueHead) =>
  `${model.architecture}: ${kind} ${layer}.${head}`;

describe("plantedModel(seed)", () => {
  test("has every kind and every architecture in these models, and a third of its heads is hard", () => {
    const kinds = new Set(models.flatMap(({ truth }) => truth.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(
      [...Object.keys(LOOKS), "noise", "positional", "positionalThatCopies"].sort(),
    );
    expect(new Set(models.map(({ architecture }) => architecture)).size).toBe(PLANS.length);
    const heads = models.flatMap(({ truth }) => truth);
    const hard = heads.filter(({ adversarial }) => adversarial).length;
    expect(hard / heads.length).toBeGreaterThan(0.33);
  });

  test("looks where its truth says, head by head", async () => {
    for (const reader of all)
      for (const head of reader.model.truth)
        for (const [place, least, most] of LOOKS[head.kind] ?? []) {
          const share = await reader.attention(head, PLACES[place]);
          expect.soft(share, `${headText(reader, head)} ${place}`).toBeGreaterThan(least);
          expect.soft(share, `${headText(reader, head)} ${place}`).toBeLessThanOrEqual(most + 1e-5);
        }
  });

  test("looks a fixed distance back with its positional heads, and nowhere with noise", async () => {
    for (const reader of all) {
      for (const head of of(["positional", "positionalThatCopies"], reader)) {
        const shares: number[] = [];
        for (let distance = 2; distance <= 31; distance++)
          shares.push(await reader.attention(head, (query) => query - distance));
        // at a distance of 31 the first queries have nothing to look at
        expect.soft(Math.max(...shares), headText(reader, head)).toBeGreaterThan(0.2);
      }
      for (const head of of(["noise"], reader))
        for (const place of Object.values(PLACES))
          expect
            .soft(await reader.attention(head, place), headText(reader, head))
            .toBeLessThan(0.2);
    }
  });

  test("raises the repeated token with induction heads, lowers it with their opposites", async () => {
    for (const reader of all) {
      const whole = await reader.logit();
      for (const head of of(RAISES, reader)) {
        expect.soft(await reader.direct(head), headText(reader, head)).toBeGreaterThan(3);
        expect
          .soft(whole - (await reader.logit([head])), headText(reader, head))
          .toBeGreaterThan(1);
      }
      for (const head of of(LOWERS, reader)) {
        expect.soft(await reader.direct(head), headText(reader, head)).toBeLessThan(-1);
        expect.soft(whole - (await reader.logit([head])), headText(reader, head)).toBeLessThan(-1);
      }
    }
  });

  test("writes nothing about the repeated token with heads that attend only", async () => {
    for (const reader of all) {
      const whole = await reader.logit();
      for (const head of of(WRITES_NOTHING, reader)) {
        expect.soft(Math.abs(await reader.direct(head)), headText(reader, head)).toBeLessThan(0.6);
        expect
          .soft(Math.abs(whole - (await reader.logit([head]))), headText(reader, head))
          .toBeLessThan(0.6);
      }
    }
  });

  test("raises the token with a cancelled copier, and loses nothing without it", async () => {
    for (const reader of [...all, crowded])
      for (const head of of(["cancelled"], reader)) {
        expect.soft(await reader.direct(head), headText(reader, head)).toBeGreaterThan(5);
        const change = (await reader.logit()) - (await reader.logit([head]));
        expect.soft(Math.abs(change), headText(reader, head)).toBeLessThan(0.15);
      }
  });

  test("feeds each head by the heads that its truth names: without them the stripe is gone", async () => {
    for (const reader of all)
      for (const head of reader.model.truth) {
        const { k = [], q = [] } = head.fedBy;
        const feeders = [...k, ...q].map((name) => {
          const [layer, at] = name.split(".").map(Number);
          return { layer: layer!, head: at! };
        });
        if (feeders.length === 0) continue;
        const share = await reader.attention(head, induction, feeders);
        expect.soft(share, headText(reader, head)).toBeLessThan(0.1);
      }
  });

  test("lets copy suppression follow the induction heads, and anti-induction not", async () => {
    for (const reader of all) {
      const leaders = of([...RAISES], reader);
      for (const head of of(LOWERS, reader)) {
        const share =
          (await reader.attention(head, induction, leaders)) /
          (await reader.attention(head, induction));
        if (head.kind === "copySuppression")
          expect.soft(share, headText(reader, head)).toBeLessThan(0.15);
        else expect.soft(share, headText(reader, head)).toBeGreaterThan(0.9);
      }
    }
  });

  test("has no copying where the circuit is cut", async () => {
    for (const reader of all.filter(({ model }) => model.circuit === "cut"))
      expect.soft(await reader.loss(), reader.model.architecture).toBeGreaterThan(3);
  });

  test("is the same model for the same seed, and another for another", async () => {
    const bytes = async ({ weights }: PlantedModel) => {
      const { source } = weights.values().next().value!;
      return Buffer.from(await source.read(0, source.sizeBytes));
    };
    const first = await bytes(models[0]!);
    expect(first.equals(await bytes(plantedModel(140)))).toBe(true);
    expect(first.equals(await bytes(plantedModel(147)))).toBe(false);
  });
});

describe("orthogonal(draw, size, first)", () => {
  test("has unit rows at right angles, the first along the given one", () => {
    const { data } = orthogonal(random(1), 20, new Float64Array(20).fill(3));
    for (let a = 0; a < 20; a++)
      for (let b = 0; b < 20; b++) {
        let product = 0;
        for (let entry = 0; entry < 20; entry++)
          product += data[a * 20 + entry]! * data[b * 20 + entry]!;
        expect(product).toBeCloseTo(a === b ? 1 : 0, 6);
      }
    expect(data.subarray(0, 20).every((value) => Math.abs(value - 1 / Math.sqrt(20)) < 1e-6)).toBe(
      true,
    );
  });
});
