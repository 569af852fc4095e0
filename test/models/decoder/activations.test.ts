/** @file Activations by Hugging Face's names, against closed forms in float64. */
import { expect, test } from "vitest";
import { tensor } from "../../../src/base/tensor.ts";
import { builder } from "../../../src/graph/builder.ts";
import {
  activation,
  activationName,
  type ActivationName,
} from "../../../src/models/config/activation.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { erf } from "../../graph/interpreter.ts";
import { backends } from "../../runtime/backends.ts";

const softplus = (x: number) => Math.log1p(Math.exp(x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const gelu = (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2));
const geluTanh = (x: number) =>
  (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const relu = (x: number) => Math.max(0, x);
const within = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));

/** As activations.py of transformers 5.24 has them. */
const FORMULAS: Readonly<Record<ActivationName, (x: number) => number>> = {
  relu,
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  gelu,
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python: gelu,
  gelu_python_tanh: geluTanh,
  gelu_accurate: geluTanh,
  gelu_10: (x) => within(gelu(x), -10, 10),
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  relu2: (x) => relu(x) ** 2,
  relu_squared: (x) => relu(x) ** 2,
  tanh: Math.tanh,
  sigmoid,
  linear: (x) => x,
  relu6: (x) => within(x, 0, 6),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  mish: (x) => x * Math.tanh(softplus(x)),
  hardswish: (x) => (x * within(x + 3, 0, 6)) / 6,
  laplace: (x) => (1 + erf((x - 0.707107) / (0.282095 * Math.SQRT2))) / 2,
  sqrtsoftplus: (x) => Math.sqrt(softplus(x)),
};

const POINTS = [-12, -3.5, -3, -1, -0.2, 0, 0.2, 0.7, 1, 2.9, 3, 5.5, 6.5, 12];

for (const engine of await backends())
  test(`every activation is its formula on ${engine.device}`, async () => {
    const b = builder();
    const x = b.input("x", "float32", { batch: POINTS.length });
    const names = activationName.options;
    const outputs = names.map((name) => activation(b, name, x, `out.${name}`));
    const session = await prepare(b.program(outputs), engine);
    const inputs = tensor(["batch"], [POINTS.length], Float32Array.from(POINTS));
    const values = await session.run(new Map([["x", inputs]]));
    await session.close();
    for (const name of names)
      POINTS.forEach((point, at) => {
        const [got, want] = [values.get(`out.${name}`)!.data[at]!, FORMULAS[name](point)];
        expect(Math.abs(got - want), `${name}(${point})`).toBeLessThan(2e-6 * (1 + Math.abs(want)));
      });
  });
