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
  quick_gelu: (b, x, as) => b.op("silu", [x], { beta: 1.702 }, as),
} satisfies Record<string, (b: Builder, x: Name, as?: Name) => Name>;

export type ActivationName = keyof typeof ACTIVATIONS;

export const activationName = z.enum(
  Object.keys(ACTIVATIONS) as [ActivationName, ...ActivationName[]],
);

/** The activation `name` of x, as the value `as`. */
export function activation(b: Builder, name: ActivationName, x: Name, as?: Name): Name {
  return ACTIVATIONS[name](b, x, as);
}
