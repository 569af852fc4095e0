/** @file Mamba-2's layout for models to be trained: names, sizes, configuration and first weights as Hugging Face has them. */
import type { Random } from "../base/random.ts";
import type { ModelShape } from "./modelShape.ts";

/** Channels for each entry of the stream, and positions that the convolution sees. */
const [EXPAND, TAPS] = [2, 4];

function sizesOf({ dModel, heads, states = 32 }: ModelShape) {
  const inner = EXPAND * dModel;
  const conv = inner + 2 * states; // what is scanned, and B and C, which all heads share
  return { inner, conv, dHead: inner / heads, states };
}

/** Weights by name with their sizes [out, in], in the order of the forward pass. */
export function mamba2Shapes(shape: ModelShape): Map<string, readonly number[]> {
  const { vocabulary, layers, dModel, heads } = shape;
  const { inner, conv } = sizesOf(shape);
  const shapes = new Map<string, readonly number[]>([
    ["backbone.embeddings.weight", [vocabulary, dModel]],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `backbone.layers.${layer}`;
    shapes.set(`${at}.norm.weight`, [dModel]);
    shapes.set(`${at}.mixer.in_proj.weight`, [inner + conv + heads, dModel]);
    shapes.set(`${at}.mixer.conv1d.weight`, [conv, 1, TAPS]);
    shapes.set(`${at}.mixer.conv1d.bias`, [conv]);
    for (const name of ["dt_bias", "A_log", "D"]) shapes.set(`${at}.mixer.${name}`, [heads]);
    shapes.set(`${at}.mixer.norm.weight`, [inner]);
    shapes.set(`${at}.mixer.out_proj.weight`, [dModel, inner]);
  }
  shapes.set("backbone.norm_f.weight", [dModel]);
  if (!shape.tied) shapes.set("lm_head.weight", [vocabulary, dModel]);
  return shapes;
}

export function mamba2Config(shape: ModelShape): Record<string, unknown> {
  const { dHead, states } = sizesOf(shape);
  return {
    model_type: "mamba2",
    architectures: ["Mamba2ForCausalLM"],
    num_hidden_layers: shape.layers,
    hidden_size: shape.dModel,
    num_heads: shape.heads,
    head_dim: dHead,
    state_size: states,
    n_groups: 1,
    expand: EXPAND,
    conv_kernel: TAPS,
    vocab_size: shape.vocabulary,
    hidden_act: "silu",
    layer_norm_epsilon: 1e-5,
    use_bias: false,
    use_conv_bias: true,
    tie_word_embeddings: shape.tied ?? false,
  };
}

/** Bounds between which time steps begin, evenly on a log scale. */
const STEPS = [0.001, 0.1] as const;

/**
 * What is drawn in a way of its own, by name; null for all other weights. Rates begin at 1 to the number of heads, time steps from
 * .001 to .1, D at 1 (Gu and Dao 2023, section 3.6).
 */
export function mamba2Start(name: string, size: number, draw: Random): Float32Array | null {
  const each = (value: (index: number) => number) =>
    Float32Array.from({ length: size }, (_, index) => value(index));
  if (name.endsWith("A_log")) return each((head) => Math.log(head + 1));
  if (name.endsWith("mixer.D")) return each(() => 1);
  if (!name.endsWith("dt_bias")) return null;
  const [low, high] = STEPS;
  return each(() => {
    const step = low * (high / low) ** draw.uniform();
    return step + Math.log(-Math.expm1(-step)); // softplus of it is the step
  });
}
