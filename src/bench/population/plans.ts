/** @file The architectures that planted models have, each written in the layout of a real family. */
import type { Random } from "../../base/random.ts";
import type { Rotation } from "./frame.ts";

export interface Plan {
  readonly name: string;
  readonly layout: "transformer_lens" | "gpt2" | "gpt_neox" | "llama";
  /** `Pre`: without gains, as TransformerLens folds them. */
  readonly norm: "LN" | "LNPre" | "RMS" | "RMSPre" | null;
  readonly positions: "standard" | "shortformer" | "rotary";
  readonly mlp: "plain" | "gated" | null;
  readonly activation: "relu" | "gelu_new" | "silu";
  /** A family with LLaMA's heads; left out: the layout's own. `gemma2`: norms around parts, caps. `mixtral`: experts. */
  readonly family?: "gemma2" | "mixtral";
  /** Of norms, where it is more than nothing: parts that write little are not made large by the norm behind them. */
  readonly eps?: number;
}

export const PLANS: readonly Plan[] = [
  plan("no norm, attention only", "transformer_lens", null, "standard", null),
  plan("LN, attention only", "transformer_lens", "LN", "standard", null),
  plan("LN, shortformer", "transformer_lens", "LNPre", "shortformer", null),
  plan("RMS, rotary, MLP", "transformer_lens", "RMSPre", "rotary", "plain", "relu"),
  plan("GPT-2", "gpt2", "LN", "standard", "plain", "gelu_new"),
  plan("LLaMA, grouped keys", "llama", "RMS", "rotary", "gated", "silu"),
  plan("GPT-NeoX", "gpt_neox", "LN", "rotary", "plain", "gelu_new"),
];

const LLAMA = plan("LLaMA, grouped keys", "llama", "RMS", "rotary", "gated", "silu");

/** Architectures that a model has only where they are asked for, so that seeds keep theirs. */
export const FURTHER_PLANS: readonly Plan[] = [
  { ...LLAMA, name: "Gemma 2, norms around parts", family: "gemma2", eps: 0.5 },
  { ...LLAMA, name: "Mixtral, experts", family: "mixtral" },
];

function plan(
  name: string,
  layout: Plan["layout"],
  norm: Plan["norm"],
  positions: Plan["positions"],
  mlp: Plan["mlp"],
  activation: Plan["activation"] = "relu",
): Plan {
  return { name, layout, norm, positions, mlp, activation };
}

export interface Sizes {
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Whether the model declares a BOS token, which carries no code; false: token 0 is one like any other. */
  readonly bos: boolean;
}

const CONTEXT = 160;

/** GPT-2 and GPT-NeoX tie the stream's size to the heads', LLaMA's groups divide them. */
const HEADS: Readonly<Record<Plan["layout"], readonly number[]>> = {
  transformer_lens: [2, 3, 4, 5, 6, 8],
  gpt2: [2, 3, 4, 6],
  gpt_neox: [2, 3, 4, 6],
  llama: [2, 4, 6, 8],
};

/** The first position is marked by BOS or by its position block, so that models without one need the other. */
export function sizesFor({ layout, positions }: Plan, draw: Random): Sizes {
  const heads = pick(draw, HEADS[layout]);
  const kvHeads =
    layout === "llama" ? heads / pick(draw, [1, 2, ...(heads > 2 ? [2] : [])]) : heads;
  return {
    vocabulary: pick(draw, [96, 128, 192]),
    contextLength: CONTEXT,
    width: pick(draw, layout === "transformer_lens" ? [24, 32] : [24]),
    layers: pick(draw, [2, 3, 3, 4]),
    heads,
    kvHeads,
    bos: positions !== "standard" || draw.uniform() < 0.75,
  };
}

/** LLaMA turns all of a head, slowly enough for contents; the others turn a part. */
export function rotationOf({ layout, positions }: Plan, draw: Random): Rotation | null {
  if (positions !== "rotary") return null;
  if (layout === "llama") return { dims: 96, base: 1e6, adjacent: false };
  const adjacent = layout === "transformer_lens" && draw.uniform() < 0.5;
  return { dims: 16, base: pick(draw, [30, 100]), adjacent };
}

export function pick<Item>(draw: Random, items: readonly Item[]): Item {
  return items[draw.integer(0, items.length - 1)]!;
}
