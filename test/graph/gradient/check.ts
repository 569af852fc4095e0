/** @file Gradients against central differences of the float64 interpreter, and on every engine against the interpreter. */
import { expect } from "vitest";
import { tensor, type Tensor, type TensorData } from "../../../src/base/tensor.ts";
import { random } from "../../../src/base/random.ts";
import type { Builder, Name } from "../../../src/graph/builder.ts";
import { gradient, gradientOf } from "../../../src/graph/gradient/gradient.ts";
import type { Program } from "../../../src/graph/program.ts";
import type { Backend } from "../../../src/base/backend.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { interpret, numbers, type Numbers } from "../interpreter.ts";

type Sizes = Readonly<Record<string, number>>;
type Fed = ReadonlyMap<string, Numbers>;

/** A program's inputs drawn at random: numbers that float32 has too, ids below their bound. */
export function drawInputs(program: Program, sizes: Sizes, seed: number): Map<string, Numbers> {
  return new Map(
    program.inputs.map((input, stream) => {
      const shape = input.axes.map(({ size }) => (typeof size === "number" ? size : sizes[size]!));
      const count = shape.reduce((product, each) => product * each, 1);
      const draw = random(seed, stream);
      const value = () =>
        input.type === "float32"
          ? Math.fround(draw.normal())
          : draw.integer(0, (input.below ?? 2) - 1);
      const axes = input.axes.map(({ name }) => name);
      return [input.name, numbers(axes, shape, Array.from({ length: count }, value))];
    }),
  );
}

/** sum of x times an input of the same axes, so that every entry of x counts differently. */
export function weighted(b: Builder, x: Name): Name {
  const { axes } = b.typeOf(x);
  const sizes = Object.fromEntries(axes.map(({ name, size }) => [name, size]));
  const product = b.mul(x, b.input(`weight of ${x}`, "float32", sizes));
  return b.op("sum", [product], { axes: axes.map(({ name }) => name) });
}

/** Entries of each value that are changed to see what `of` does. */
const PROBES = 10;
const STEP = 1e-4;

/**
 * The gradient program's numbers in float64, after comparing them with (f(x + h) - f(x - h)) / 2h, extrapolated from two
 * step sizes, for some entries of each input of `wrt`.
 */
export function expectGradient(
  program: Program,
  of: Name,
  wrt: readonly Name[],
  inputs: Fed,
  { tolerance = 1e-6 } = {},
): { readonly program: Program; readonly values: Map<string, Numbers> } {
  const withGradient = gradient(program, { of, wrt });
  const values = interpret(withGradient, inputs);
  const at = (name: Name, entry: number, change: number) => {
    const x = inputs.get(name)!;
    const data = x.data.slice();
    data[entry]! += change;
    const total = interpret(program, new Map([...inputs, [name, { ...x, data }]])).get(of)!;
    return total.data.reduce((sum, value) => sum + value, 0);
  };
  const slope = (name: Name, entry: number, h: number) =>
    (at(name, entry, h) - at(name, entry, -h)) / (2 * h);
  for (const name of wrt) {
    const [x, got] = [inputs.get(name)!, values.get(gradientOf(name))!];
    expect([name, got.axes, got.shape]).toEqual([name, x.axes, x.shape]);
    const entries = random(1).distinct(Math.min(PROBES, x.data.length), x.data.length);
    const largest = Math.max(...got.data.map(Math.abs), 1e-2);
    for (const entry of entries) {
      const want = (4 * slope(name, entry, STEP / 2) - slope(name, entry, STEP)) / 3;
      const error = Math.abs(got.data[entry]! - want) / largest;
      if (!(error <= tolerance))
        expect.fail(`d ${of} / d ${name}[${entry}] is ${got.data[entry]}, not ${want}`);
    }
  }
  return { program: withGradient, values };
}

/** The outputs of `program` on each engine against `values`, relative to the largest entry of each. */
export async function expectEngines(
  engines: readonly Backend[],
  program: Program,
  inputs: Fed,
  values: Fed,
  { tolerance = 4e-6 } = {},
): Promise<void> {
  for (const engine of engines) {
    const session = await prepare(program, engine);
    const feeds = session.program.inputs.map(
      ({ name, type }) => [name, feedOf(type, inputs.get(name)!)] as const,
    );
    const trace = await session.run(new Map(feeds));
    await session.close();
    for (const name of program.outputs) {
      const [got, want] = [trace.get(name)!, values.get(name)!];
      expect([engine.device, name, got.axes, [...got.shape]]).toEqual([
        engine.device,
        name,
        want.axes,
        want.shape,
      ]);
      const largest = want.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      got.data.forEach((value, index) => {
        if (!(Math.abs(value - want.data[index]!) / largest <= tolerance))
          expect.fail(`${engine.device} ${name}[${index}] is ${value}, not ${want.data[index]}`);
      });
    }
  }
}

export function feedOf(type: "float32" | "int32" | "bool", x: Numbers): Tensor<TensorData> {
  const data = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type].from(x.data);
  return tensor(x.axes, x.shape, data);
}
