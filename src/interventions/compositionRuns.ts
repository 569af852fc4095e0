/** @file Composition of all pairs of heads through the engine, by d_head x d_head matrices only. */
import { throwIfAborted } from "../base/errors.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { builder } from "../graph/builder.ts";
import type { Backend } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import { turn } from "../runtime/turn.ts";
import type { HeadMatrices } from "./headMatrices.ts";

export type Route = "q" | "k" | "v";
export const ROUTES: readonly Route[] = ["q", "k", "v"];

/** [earlier head][later head] by route, heads counted through all layers; 0 unless the layer is earlier. */
export type CompositionTable = Readonly<Record<Route, number[][]>>;

/**
 * Composition scores of `measure`, for all pairs at once: |V O Q K^T|^2 = sum of (G_V C) * (C G_K) with C = O Q and Gram
 * matrices G.
 */
export async function compositionRuns(
  backend: Backend,
  layers: readonly HeadMatrices[],
  {
    signal,
    progress,
    into,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly progress?: ((done: number, total: number) => void) | undefined;
    /** Only pairs whose later head is in one of these layers; left out: all pairs. */
    readonly into?: ReadonlySet<number> | undefined;
  },
): Promise<CompositionTable> {
  const [heads, width, size] = layers[0]!.query.shape as readonly [number, number, number];
  const grams = await gramsOf(backend, layers, { heads, width, size });
  const norms = grams.map((gram) => ({
    ov: productNorms(gram.value, gram.output),
    qk: productNorms(gram.query, gram.key),
  }));
  const count = layers.length * heads;
  const table: CompositionTable = { q: zeros(count), k: zeros(count), v: zeros(count) };
  const session = await prepare(pairProgram({ heads, width, size }), backend);
  const pairs = layers.flatMap((_, later) =>
    into && !into.has(later)
      ? []
      : Array.from({ length: later }, (_layer, earlier) => [earlier, later] as const),
  );
  try {
    for (const [index, [earlier, later]] of pairs.entries()) {
      throwIfAborted(signal);
      for (const route of ROUTES) {
        const [read, other] = (
          { q: ["query", "key"], k: ["key", "query"], v: ["value", "output"] } as const
        )[route];
        const trace = await session.run(
          new Map([
            ["output", renameAxes(layers[earlier]!.output, ["a", "d_model", "d"])],
            ["gram_value", renameAxes(grams[earlier]!.value, ["a", "d", "d2"])],
            ["read", renameAxes(layers[later]![read], ["b", "d_model", "e"])],
            ["gram_other", renameAxes(grams[later]![other], ["b", "e", "e2"])],
          ]),
        );
        const joint = trace.get("joint")!.data;
        const reading = route === "v" ? norms[later]!.ov : norms[later]!.qk;
        for (let a = 0; a < heads; a++)
          for (let b = 0; b < heads; b++) {
            const whole = norms[earlier]!.ov[a]! * reading[b]!;
            table[route][earlier * heads + a]![later * heads + b] =
              whole === 0 ? 0 : Math.sqrt(Math.max(0, joint[a * heads + b]!)) / whole;
          }
      }
      progress?.(index + 1, pairs.length);
      await turn();
    }
    return table;
  } finally {
    await session.close();
  }
}

interface Sizes {
  readonly heads: number;
  readonly width: number;
  readonly size: number;
}

function pairProgram({ heads, width, size }: Sizes) {
  const b = builder();
  const output = b.input("output", "float32", { a: heads, d_model: width, d: size });
  const gramValue = b.input("gram_value", "float32", { a: heads, d: size, d2: size });
  const read = b.input("read", "float32", { b: heads, d_model: width, e: size });
  const gramOther = b.input("gram_other", "float32", { b: heads, e: size, e2: size });
  const core = b.contract(output, read, ["a", "d", "b", "e"]); // O_a X_b
  const left = b.contract(gramValue, b.rename(core, { d: "d2" }), ["a", "d", "b", "e"]);
  const right = b.contract(b.rename(core, { e: "e2" }), gramOther, ["a", "d", "b", "e"]);
  b.op("sum", [b.mul(left, right)], { axes: ["d", "e"] }, "joint");
  return b.program(["joint"]);
}

/** Gram matrices [head, d_head, d_head] of all four matrices of each layer. */
async function gramsOf(
  backend: Backend,
  layers: readonly HeadMatrices[],
  { heads, width, size }: Sizes,
): Promise<HeadMatrices[]> {
  const b = builder();
  const x = b.input("x", "float32", { head: heads, d_model: width, d: size });
  b.contract(x, b.rename(x, { d: "d2" }), ["head", "d", "d2"], { as: "gram" });
  const session = await prepare(b.program(["gram"]), backend);
  try {
    const all: HeadMatrices[] = [];
    for (const layer of layers) {
      const gram = async (matrix: Tensor) =>
        (await session.run(new Map([["x", renameAxes(matrix, ["head", "d_model", "d"])]]))).get(
          "gram",
        )!;
      all.push({
        query: await gram(layer.query),
        key: await gram(layer.key),
        value: await gram(layer.value),
        output: await gram(layer.output),
      });
    }
    return all;
  } finally {
    await session.close();
  }
}

/** |A B^T| of each head from the Gram matrices of A and B. */
function productNorms(left: Tensor, right: Tensor): number[] {
  const heads = left.shape[0]!;
  const area = left.data.length / heads;
  return Array.from({ length: heads }, (_, head) => {
    let sum = 0;
    for (let index = head * area; index < (head + 1) * area; index++)
      sum += left.data[index]! * right.data[index]!;
    return Math.sqrt(Math.max(0, sum));
  });
}

function renameAxes({ shape, data }: Tensor, axes: readonly string[]): Tensor {
  return tensor(axes, shape, data);
}

function zeros(count: number): number[][] {
  return Array.from({ length: count }, () => new Array<number>(count).fill(0));
}
