import { z } from "zod";
import type { Builder, Name } from "../../graph/builder.ts";
import { number, times } from "../decoder/numbers.ts";

/** Activation functions by Hugging Face's and TransformerLens' names. */
const ACTIVATIONS = {
  relu: (b, x, as) => b.op("relu", [x], {}, as),
  silu: (b, x, as) => b.op("silu", [x], {}, as),
  swish: (b, x, as) => b.op("silu", [x], {}, as),
  gelu: (b, x, as) => b.op("gelu", [x], { approximate: "none" }, as),
  gelu_new: (b, x, as) => b.op("gelu", [x], { approximate: "tanh" }, as),
  gelu_fast: (b, x, as) => b.op("gelu", [x], { approximate: "tanh" }, as),
  gelu_pytorch_tanh: (b, x, as) => b.op("gelu", [x], { approximate: "tanh" }, as),
  gelu_python: (b, x, as) => b.op("gelu", [x], { approximate: "none" }, as),
  gelu_python_tanh: (b, x, as) => b.op("gelu", [x], { approximate: "tanh" }, as),
  gelu_accurate: (b, x, as) => b.op("gelu", [x], { approximate: "tanh" }, as),
  gelu_10: (b, x, as) =>
    b.op("clamp", [b.op("gelu", [x], { approximate: "none" })], { low: -10, high: 10 }, as),
  quick_gelu: (b, x, as) => b.op("silu", [x], { beta: 1.702 }, as),
  relu2: (b, x, as) => square(b, b.op("relu", [x], {}), as),
  relu_squared: (b, x, as) => square(b, b.op("relu", [x], {}), as),
  tanh: (b, x, as) => b.op("tanh", [x], {}, as),
  sigmoid: (b, x, as) => b.op("sigmoid", [x], {}, as),
  linear: (b, x, as) => b.rename(x, {}, as),
  relu6: (b, x, as) => b.op("clamp", [x], { low: 0, high: 6 }, as),
  leaky_relu: (b, x, as) => b.add(times(b, b.op("relu", [x], {}), 0.99), times(b, x, 0.01), as),
  mish: (b, x, as) => b.mul(x, b.op("tanh", [b.op("softplus", [x], {})], {}), as),
  hardswish: (b, x, as) => {
    const share = b.op("clamp", [b.add(x, number(b, 3))], { low: 0, high: 6 });
    return b.mul(x, times(b, share, 1 / 6), as);
  },
  laplace: (b, x, as) => {
    const [mean, deviation] = [0.707107, 0.282095]; // of the reference's LaplaceActivation
    const far = times(b, b.add(x, number(b, -mean)), 1 / (deviation * Math.SQRT2));
    return times(b, b.add(b.op("erf", [far], {}), number(b, 1)), 0.5, as);
  },
  sqrtsoftplus: (b, x, as) => b.op("sqrt", [b.op("softplus", [x], {})], {}, as),
} satisfies Record<string, (b: Builder, x: Name, as?: Name) => Name>;

function square(b: Builder, x: Name, as?: Name): Name {
  return b.mul(x, x, as);
}

export type ActivationName = keyof typeof ACTIVATIONS;

export const activationName = z.enum(
  Object.keys(ACTIVATIONS) as [ActivationName, ...ActivationName[]],
);

/** The activation `name` of x, as the value `as`. */
export function activation(b: Builder, name: ActivationName, x: Name, as?: Name): Name {
  return ACTIVATIONS[name](b, x, as);
}
