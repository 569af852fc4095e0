/** @file Models to be trained: a configuration with weights drawn from a seed, in memory. */
import { bytesInMemory, bytesOfView, type StoredTensor } from "../base/bytes.ts";
import { random } from "../base/random.ts";
import { sizeOf } from "../base/tensor.ts";
import type { Model } from "../models/family.ts";
import { modelFrom } from "../models/families.ts";
import { llamaConfig, llamaShapes } from "./freshLlama.ts";
import { mamba2Config, mamba2Shapes, mamba2Start } from "./freshMamba2.ts";
import { t5Config, t5Deviation, t5Shapes } from "./freshT5.ts";
import type { ModelShape } from "./modelShape.ts";

/** The weights of a shape by their names in a checkpoint, with their sizes, in the order of the forward pass. */
export function weightShapes(shape: ModelShape): Map<string, readonly number[]> {
  if (shape.family === "mamba2") return mamba2Shapes(shape);
  if (shape.family === "t5") return t5Shapes(shape);
  return shape.family === "llama" ? llamaShapes(shape) : transformerLensShapes(shape);
}

/** Numbers in all weights; by one layer and two, since a shape may have more layers than there is memory for their names. */
export function weightCount(shape: ModelShape): number {
  const count = (layers: number) =>
    [...weightShapes({ ...shape, layers }).values()].reduce((sum, sizes) => sum + sizeOf(sizes), 0);
  const first = count(1);
  return first + (shape.layers - 1) * (count(2) - first);
}

function transformerLensShapes(shape: ModelShape): Map<string, readonly number[]> {
  const { vocabulary, contextLength, layers, heads, dModel, dMlp, positions, norm = "LN" } = shape;
  const dHead = dModel / heads;
  const shapes = new Map<string, readonly number[]>([["embed.W_E", [vocabulary, dModel]]]);
  if (positions !== "rotary" && positions !== "alibi")
    shapes.set("pos_embed.W_pos", [contextLength, dModel]);
  const putNorm = (at: string) => {
    if (norm) shapes.set(`${at}.w`, [dModel]);
    if (norm === "LN") shapes.set(`${at}.b`, [dModel]);
  };
  for (let layer = 0; layer < layers; layer++) {
    const at = `blocks.${layer}`;
    putNorm(`${at}.ln1`);
    for (const which of ["Q", "K", "V"]) {
      shapes.set(`${at}.attn.W_${which}`, [heads, dModel, dHead]);
      shapes.set(`${at}.attn.b_${which}`, [heads, dHead]);
    }
    if (shape.smearedKeys) shapes.set(`${at}.attn.smear`, [heads]);
    shapes.set(`${at}.attn.W_O`, [heads, dHead, dModel]);
    shapes.set(`${at}.attn.b_O`, [dModel]);
    if (dMlp === undefined) continue;
    putNorm(`${at}.ln2`);
    shapes.set(`${at}.mlp.W_in`, [dModel, dMlp]);
    shapes.set(`${at}.mlp.b_in`, [dMlp]);
    shapes.set(`${at}.mlp.W_out`, [dMlp, dModel]);
    shapes.set(`${at}.mlp.b_out`, [dModel]);
  }
  putNorm("ln_final");
  if (!shape.tied) shapes.set("unembed.W_U", [dModel, vocabulary]);
  shapes.set("unembed.b_U", [vocabulary]);
  return shapes;
}

/** The configuration of a shape, as its checkpoint has it. */
export function configOf(shape: ModelShape): Record<string, unknown> {
  if (shape.family === "llama") return llamaConfig(shape);
  if (shape.family === "mamba2") return mamba2Config(shape);
  if (shape.family === "t5") return t5Config(shape);
  const { positions = "learned", dMlp, activation = "gelu_new", norm = "LN" } = shape;
  return {
    format: "transformer_lens",
    n_layers: shape.layers,
    d_model: shape.dModel,
    n_heads: shape.heads,
    d_head: shape.dModel / shape.heads,
    n_ctx: shape.contextLength,
    d_vocab: shape.vocabulary,
    attn_only: dMlp === undefined,
    ...(dMlp !== undefined && { d_mlp: dMlp, act_fn: activation }),
    normalization_type: norm,
    positional_embedding_type: positions === "learned" ? "standard" : positions,
    ...(shape.smearedKeys && { smeared_keys: true }),
    ...(shape.tied && { tie_word_embeddings: true }),
  };
}

/**
 * Initial weights: biases 0, gains 1, all else normal; matrices with standard deviation 1 / sqrt(inputs), those that write
 * into the residual stream smaller by sqrt(2 layers) as in GPT-2.
 */
export function initialWeights(shape: ModelShape, seed: number): Map<string, Float32Array> {
  const draw = random(seed);
  return new Map(
    [...weightShapes(shape)].map(([name, sizes]) => {
      const data = new Float32Array(sizeOf(sizes));
      if (/(ln1|ln2|ln_final)\.w$|norm(_f)?\.weight$/.test(name)) return [name, data.fill(1)];
      const own = shape.family === "mamba2" ? mamba2Start(name, data.length, draw) : null;
      if (own) return [name, own];
      const deviation = deviationOf(name, shape);
      return [name, deviation === 0 ? data : data.map(() => deviation * draw.normal())];
    }),
  );
}

function deviationOf(name: string, shape: ModelShape): number {
  const { dModel, dMlp = 0, layers, tied } = shape;
  const own = shape.family === "t5" ? t5Deviation(name, shape) : null;
  if (own !== null) return own;
  if (/\.(b(_\w+)?|smear|bias)$/.test(name)) return 0;
  if (name.endsWith("conv1d.weight")) return 0.5; // 1 / sqrt(its 4 taps)
  if (/^embed\.W_E$|embed_tokens|embeddings|^shared/.test(name)) return tied ? 0.02 : 0.3;
  if (name === "pos_embed.W_pos") return tied ? 0.02 : 0.3;
  const inner = name.endsWith("out_proj.weight") ? 2 * dModel : dModel;
  const inputs = /W_out$|down_proj|\.wo\.weight$/.test(name) ? dMlp : inner;
  const intoStream = /W_(O|out)$|(o|down|out)_proj|\.w?o\.weight$/.test(name);
  return 1 / Math.sqrt(inputs * (intoStream ? 2 * layers : 1));
}

/** The model of a shape with these weights, as if they were a checkpoint. */
export function modelOf(shape: ModelShape, weights: ReadonlyMap<string, Float32Array>): Model {
  const stored = new Map<string, StoredTensor>();
  for (const [name, sizes] of weightShapes(shape)) {
    const data = weights.get(name)!;
    const bytes = bytesOfView(data);
    const source = bytesInMemory(name, bytes);
    stored.set(name, { type: "F32", shape: sizes, source, offset: 0, sizeBytes: data.byteLength });
  }
  return modelFrom(configOf(shape), { weights: stored, unsupported: new Map() });
}

/**
 * Weights of a shape that must not move, by our names: biases that it does not train, and key biases, unless keys are turned
 * after them (trainStep.ts, `isUnmoved`).
 */
export function unmovedIn({ positions, biases = "all" }: ModelShape): (name: string) => boolean {
  return (name) =>
    (positions !== "rotary" && name.endsWith("attn.b_K")) ||
    (biases !== "all" && name === "unembed.b_U") ||
    (biases === "none" && /\.b(_\w+)?$/.test(name));
}
