/** @file AdamW as operations of a Program, on all parameters as one vector. */
import { tensor, type Tensor } from "../base/tensor.ts";
import type { Builder, Name } from "../graph/builder.ts";

export interface AdamWOptions {
  /** How much of the running mean of the gradient, and of its square, is kept at each step. */
  readonly betas?: readonly [number, number] | undefined;
  readonly eps?: number | undefined;
  /** Gradients whose norm over all parameters is larger are shortened to it; null: never. */
  readonly clip?: number | null | undefined;
}

export const ADAMW = { betas: [0.9, 0.999], eps: 1e-8, clip: null } as const;

/** Inputs and outputs of the update; `next:x` is what x is at the next step. */
export const ADAMW_VALUES = {
  mean: "gradient_mean",
  square: "gradient_square",
  stepSize: "step_size",
  correction: "square_correction",
  decay: "decay",
  gradientNorm: "gradient_norm",
  next: (name: string) => `next:${name}`,
} as const;

/**
 * One step of AdamW: with g the gradient, shortened where its norm is over `clip`,
 * m' = b1 m + (1 - b1) g, s' = b2 s + (1 - b2) g^2,
 * p' = p - rate * decay * p - rate * (m' / (1 - b1^t)) / (sqrt(s' / (1 - b2^t)) + eps).
 *
 * Adds the inputs `gradient_mean` and `gradient_square` [parameter] and three numbers that `adamwNumbers` gives for each
 * step; the corrections of the start are made from powers of b1 and b2 that float32 would spoil.
 *
 * @param decaying how many of the parameters, from the first, decay
 * @returns the names of what the step makes: `next:...` of parameters and state, and `gradient_norm` before clipping
 * @see Loshchilov and Hutter 2019 (arXiv:1711.05101); the arithmetic is torch.optim.AdamW's and
 *   torch.nn.utils.clip_grad_norm_'s, whose norm also has 1e-6 added
 */
export function adamw(
  b: Builder,
  parameters: Name,
  gradient: Name,
  decaying: number,
  { betas = ADAMW.betas, eps = ADAMW.eps, clip = ADAMW.clip }: AdamWOptions = {},
): Name[] {
  const { next, gradientNorm } = ADAMW_VALUES;
  const [axis] = b.typeOf(parameters).axes;
  const { name, size } = axis!;
  const state = (as: Name) => b.input(as, "float32", { [name]: size });
  const number = (value: number) => b.constant(`number ${value}`, {}, [value]);
  const two = (kind: "sub" | "div", x: Name, y: Name, as?: Name) => b.op(kind, [x, y], {}, as);
  const [mean, square] = [state(ADAMW_VALUES.mean), state(ADAMW_VALUES.square)];
  const [stepSize, correction, decay] = (["stepSize", "correction", "decay"] as const).map((key) =>
    b.input(ADAMW_VALUES[key], "float32", {}),
  ) as [Name, Name, Name];

  const norm = b.op(
    "sqrt",
    [b.op("sum", [b.mul(gradient, gradient)], { axes: [name] })],
    {},
    gradientNorm,
  );
  const g = clip === null ? gradient : b.mul(gradient, shortening(b, norm, clip));
  const nextMean = b.add(mean, b.mul(two("sub", g, mean), number(1 - betas[0])), next(mean));
  const fresh = b.mul(b.mul(g, g), number(1 - betas[1]));
  const nextSquare = b.add(b.mul(square, number(betas[1])), fresh, next(square));
  const root = b.add(two("div", b.op("sqrt", [nextSquare], {}), correction), number(eps));
  const change = b.mul(two("div", nextMean, root), stepSize);
  const decayed = two("sub", parameters, shrinkage(b, parameters, decay, decaying));
  two("sub", decayed, change, next(parameters));
  return [next(parameters), next(mean), next(square), gradientNorm];
}

/** clip / (norm + 1e-6) where that is below 1, else 1. */
function shortening(b: Builder, norm: Name, clip: number): Name {
  const number = (value: number) => b.constant(`number ${value}`, {}, [value]);
  const factor = b.op("div", [number(clip), b.add(norm, number(1e-6))], {});
  const over = b.op("greater", [number(1), factor], {});
  return b.op("where", [over, factor, number(1)], {});
}

/** rate * decay * p for the first `decaying` parameters, 0 for the rest. */
function shrinkage(b: Builder, parameters: Name, decay: Name, decaying: number): Name {
  const { name, size } = b.typeOf(parameters).axes[0]!;
  if (decaying === 0) return b.constant("number 0", {}, [0]);
  if (decaying === size) return b.mul(parameters, decay);
  const part = b.op("slice", [parameters], { axis: name, start: 0, end: decaying });
  const after = Number(size) - decaying;
  return b.op("pad", [b.mul(part, decay)], { axis: name, before: 0, after });
}

/**
 * What to feed at step `step`, counted from 1.
 *
 * @param weightDecay as PyTorch counts it: a parameter loses learningRate * weightDecay of itself
 */
export function adamwNumbers(
  {
    learningRate,
    step,
    weightDecay,
  }: { readonly learningRate: number; readonly step: number; readonly weightDecay: number },
  { betas = ADAMW.betas }: AdamWOptions = {},
): Map<string, Tensor> {
  const values = {
    [ADAMW_VALUES.stepSize]: learningRate / (1 - betas[0] ** step),
    [ADAMW_VALUES.correction]: Math.sqrt(1 - betas[1] ** step),
    [ADAMW_VALUES.decay]: learningRate * weightDecay,
  };
  return new Map(
    Object.entries(values).map(([name, value]) => [name, tensor([], [], Float32Array.of(value))]),
  );
}
