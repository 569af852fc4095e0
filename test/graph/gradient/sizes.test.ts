/** @file Gradients at the sizes of real runs: against the float64 interpreter, and the same bits on one thread and on two. */
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { builder, type Builder, type Name } from "../../../src/graph/builder.ts";
import { gradient } from "../../../src/graph/gradient/gradient.ts";
import type { Program } from "../../../src/graph/program.ts";
import { nativeBackend } from "../../../src/runtime/native.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { interpret, type Numbers } from "../interpreter.ts";
import { drawInputs, feedOf, weighted } from "./check.ts";

const [LONGEST, WIDEST] = [2048, 256];
const onOneThread = await nativeBackend(1);
const two = await nativeBackend(2);

/** What is computed from x [position, width] and tables beside it; each is a test of its own. */
const WRITTEN: Readonly<Record<string, (b: Builder, x: Name, width: number) => Name[]>> = {
  functions: (b, x) => [
    b.op("tanh", [x], {}),
    b.op("erf", [x], {}),
    b.op("gelu", [x], { approximate: "tanh" }),
    b.op("gelu", [x], { approximate: "none" }),
    b.op("silu", [x], {}),
    b.op("log", [b.op("exp", [x], {})], {}),
  ],
  "elementwise with a stretched side": (b, x, width) => {
    const row = b.input("row", "float32", { width });
    return [b.mul(x, row), b.op("div", [x, b.op("exp", [row], {})], {}), b.op("sub", [row, x], {})];
  },
  "softmax and reductions": (b, x) => [
    b.op("softmax", [x], { axis: "width" }),
    b.op("softmax", [x], { axis: "position" }),
    b.op("logSumExp", [x], { axis: "width" }),
    b.op("sum", [b.op("tanh", [x], {})], { axes: ["position"] }),
    b.op("mean", [x], { axes: ["width"] }),
  ],
  norms: (b, x, width) => {
    const [w, bias] = [b.input("w", "float32", { width }), b.input("bias", "float32", { width })];
    const layer = { eps: 1e-5, center: true };
    const rms = { eps: 1e-5, center: false };
    return [
      b.op("norm", [x, b.op("scale", [x], layer), w, bias], layer),
      b.op("gain", [b.op("norm", [x, b.op("scale", [x], rms)], rms), w], {}),
    ];
  },
  products: (b, x, width) => {
    const w = b.input("w", "float32", { width, out: width });
    const y = b.contract(x, w, ["position", "out"]);
    const scores = b.contract(b.rename(x, { position: "query" }), x, ["query", "position"], {
      scale: 1 / width,
    });
    return [y, b.op("softmax", [scores], { axis: "position" })];
  },
  "looked-up rows": (b, x, width) => {
    const table = b.input("table", "float32", { d_vocab: 61, width });
    const ids = b.input("ids", "int32", { position: "position" }, { below: 61 });
    const column = b.input("column", "int32", { position: "position" }, { below: width });
    return [b.mul(x, b.gather(table, ids)), b.op("pick", [x, column], {})];
  },
};

function gradientProgram(write: (typeof WRITTEN)[string], width: number): Program {
  const b = builder();
  const x = b.input("x", "float32", { position: "position", width });
  const outputs = write(b, x, width);
  const learned = b.program([]).inputs.filter(({ type }) => type === "float32");
  const of = outputs.map((y) => weighted(b, y)).reduce((total, each) => b.add(total, each));
  return gradient(b.program([]), { of, wrt: learned.map(({ name }) => name) });
}

async function runProgram(program: Program, inputs: ReadonlyMap<string, Numbers>, threads: 1 | 2) {
  const session = await prepare(program, (threads === 1 ? onOneThread : two)!);
  const trace = await session.run(
    new Map(
      session.program.inputs.map(
        ({ name, type }) => [name, feedOf(type, inputs.get(name)!)] as const,
      ),
    ),
  );
  await session.close();
  return trace;
}

/** Both threads' outputs, after comparing their bits. */
async function sameBits(program: Program, inputs: ReadonlyMap<string, Numbers>) {
  const [alone, together] = [
    await runProgram(program, inputs, 1),
    await runProgram(program, inputs, 2),
  ];
  for (const name of program.outputs) {
    const [a, b] = [alone.get(name)!.data, together.get(name)!.data];
    const equal = Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0;
    expect([name, equal]).toEqual([name, true]);
  }
  return alone;
}

describe.skipIf(!onOneThread || !two)("gradients of large values", () => {
  for (const [title, write] of Object.entries(WRITTEN)) {
    test(`${title}: equal the interpreter at any size from 2 x 2 up to ${LONGEST} x ${WIDEST}, on 1 and 2 threads bit for bit`, async () => {
      // From 2 on: the engine shares a product with a single column out among threads and sums in another order.
      const size = (most: number) =>
        fc.double({ min: 1, max: Math.log2(most), noNaN: true }).map((x) => Math.round(2 ** x));
      await fc.assert(
        fc.asyncProperty(size(LONGEST), size(WIDEST), fc.nat(), async (position, width, seed) => {
          fc.pre(position * Math.max(width, title === "products" ? position : 0) <= 1 << 13);
          const program = gradientProgram(write, width);
          const inputs = drawInputs(program, { position }, seed);
          const got = await sameBits(program, inputs);
          const truth = interpret(program, inputs);
          for (const name of program.outputs) {
            const want = truth.get(name)!.data;
            const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
            got.get(name)!.data.forEach((value, at) => {
              if (!(Math.abs(value - want[at]!) <= 2e-5 * largest))
                expect.fail(`${position} x ${width}: ${name}[${at}] is ${value}, not ${want[at]}`);
            });
          }
        }),
        { numRuns: 6, seed: 5 },
      );
      const program = gradientProgram(write, WIDEST);
      await sameBits(program, drawInputs(program, { position: LONGEST }, 1));
    });
  }
});
