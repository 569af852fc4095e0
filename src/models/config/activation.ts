import { z } from "zod";
import type { Builder, Name } from "../../graph/builder.ts";

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
  quick_gelu: (b, x, as) => b.op("silu", [x], { beta: 1.702 }, as),
  relu2: (b, x, as) => squared(b, b.op("relu", [x], {}), as),
  relu_squared: (b, x, as) => squared(b, b.op("relu", [x], {}), as),
  tanh: (b, x, as) => b.op("tanh", [x], {}, as),
  sigmoid: (b, x, as) => b.op("sigmoid", [x], {}, as),
  linear: (b, x, as) => b.rename(x, {}, as),
} satisfies Record<string, (b: Builder, x: Name, as?: Name) => Name>;

function squared(b: Builder, x: Name, as?: Name): Name {
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
