/** @file A training step of small models against PyTorch (tools/make_gradient_goldens.py): gradient, AdamW, loss curve. */
import type { ModelShape } from "../../src/training/modelShape.ts";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tensor, type Tensor, type TensorData } from "../../src/base/tensor.ts";
import { gradient, gradientOf } from "../../src/graph/gradient/gradient.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { ADAMW_VALUES, adamwNumbers } from "../../src/training/adamw.ts";
import { modelOf, unmovedIn, weightShapes } from "../../src/training/freshModel.ts";
import { PARAMETERS, gatherWeights, scatterWeights } from "../../src/training/trainable.ts";
import { trainStep, withLoss } from "../../src/training/trainStep.ts";
import { expectDigest, type Digest } from "../graph/gradient/digest.ts";
import { backends } from "../runtime/backends.ts";

const engines = await backends();
const FIXTURE = fileURLToPath(new URL("../fixtures/gradient/training.json", import.meta.url));

interface Reference {
  readonly shape: ModelShape;
  readonly optimiser: {
    readonly learningRate: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weightDecay: number;
    readonly clip: number;
  };
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly gradients: Readonly<Record<string, Digest>>;
  readonly after1: Readonly<Record<string, Digest>>;
  readonly after3: Readonly<Record<string, Digest>>;
}
const references = JSON.parse(readFileSync(FIXTURE, "utf8")) as Readonly<Record<string, Reference>>;

/** x -> 1103515245 x + 12345 mod 2^31, as the script has it. */
function draws(seed: number) {
  let x = seed;
  const next = () => {
    x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
    return x >> 8;
  };
  return { next, unit: () => next() / 2 ** 22 - 1 };
}

function initial(shape: ModelShape): Map<string, Float32Array> {
  const draw = draws(1);
  return new Map(
    [...weightShapes(shape)].map(([name, sizes]) => {
      const count = sizes.reduce((product, size) => product * size, 1);
      const offset = name.endsWith(".w") ? 1 : 0;
      return [name, Float32Array.from({ length: count }, () => 0.4 * draw.unit() + offset)];
    }),
  );
}

function batchOf({ contextLength, vocabulary }: ModelShape, step: number) {
  const draw = draws(1000 + step);
  const rows = Array.from({ length: 4 }, () => {
    const first = Array.from(
      { length: Math.floor((contextLength + 1) / 2) },
      () => draw.next() % (vocabulary - 1),
    );
    return [...first, ...first, ...first].slice(0, contextLength + 1);
  });
  const part = (from: number, to?: number) =>
    tensor(
      ["batch", "position"],
      [4, contextLength],
      Int32Array.from(rows.flatMap((row) => row.slice(from, to))),
    );
  return { tokens: part(0, -1), targets: part(1) };
}

async function trained(reference: Reference, engine: (typeof engines)[number], steps: number) {
  const { shape, optimiser } = reference;
  const weights = initial(shape);
  const { program, parameters } = trainStep(modelOf(shape, weights).program, {
    ...optimiser,
    isUnmoved: unmovedIn(shape),
  });
  const session = await prepare(program, engine);
  const state = [PARAMETERS, ADAMW_VALUES.mean, ADAMW_VALUES.square];
  const size = parameters.at(-1)!.end;
  let values: readonly Tensor[] = [
    gatherWeights(parameters, weights),
    new Float32Array(size),
    new Float32Array(size),
  ].map((data) => tensor(["parameter"], [size], data));
  const losses: number[] = [];
  const norms: number[] = [];
  const after = new Map<number, Map<string, Float32Array>>();
  for (let step = 1; step <= steps; step++) {
    const numbers = adamwNumbers({ ...optimiser, step }, optimiser);
    const feeds = new Map<string, Tensor<TensorData>>([
      ...Object.entries(batchOf(shape, step)),
      ...numbers,
      ...state.map((name, index) => [name, values[index]!] as const),
    ]);
    const trace = await session.run(feeds);
    values = state
      .map((name) => trace.get(ADAMW_VALUES.next(name))!)
      .map(({ data }) => tensor(["parameter"], [size], data));
    losses.push(trace.get("loss")!.data[0]!);
    norms.push(trace.get("gradient_norm")!.data[0]!);
    after.set(step, scatterWeights(parameters, values[0]!.data));
  }
  await session.close();
  return { losses, norms, after };
}

for (const [name, reference] of Object.entries(references)) {
  const { shape, optimiser } = reference;
  describe(`${name}, trained`, () => {
    for (const engine of engines) {
      test(`has PyTorch's gradient at the start, on ${engine.device}`, async () => {
        const { program } = modelOf(shape, initial(shape));
        const wrt = program.weights.map((weight) => weight.name);
        const session = await prepare(gradient(withLoss(program), { of: "loss", wrt }), engine);
        const trace = await session.run(new Map(Object.entries(batchOf(shape, 1))));
        await session.close();
        for (const [weight, digest] of Object.entries(reference.gradients)) {
          const { data } = trace.get(gradientOf(weight))!;
          expectDigest(weight, data, digest, { tolerance: 1e-5, floor: 1e-7 });
        }
      });

      test(`has PyTorch's weights after one step and after three, on ${engine.device}`, async () => {
        const { after, norms } = await trained(reference, engine, 3);
        for (const [step, want] of [
          [1, reference.after1],
          [3, reference.after3],
        ] as const) {
          for (const [weight, digest] of Object.entries(want))
            expectDigest(`${weight} after ${step}`, after.get(step)!.get(weight)!, digest, {
              tolerance: 1e-5,
              floor: 1e-5 * optimiser.learningRate,
            });
        }
        norms.forEach((norm, index) => expect(norm / reference.norms[index]!).toBeCloseTo(1, 4));
      });
    }

    test("stays within 1e-3 of PyTorch's losses for 200 steps", async () => {
      const { losses } = await trained(reference, engines[0]!, reference.losses.length);
      const apart = losses.map((loss, index) => Math.abs(loss - reference.losses[index]!));
      expect(Math.max(...apart)).toBeLessThan(1e-3);
    });
  });
}
