/** @file The residual stream before a layer as what it is the sum of: embeddings, heads, attention biases, MLPs. */
import { headName } from "../base/headName.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { slice } from "../graph/edits/slice.ts";
import { builder } from "../graph/builder.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import {
  isMissing,
  requirePart,
  type LayerAnatomy,
  type Summand,
} from "../models/anatomy/programAnatomy.ts";
import type { Model } from "../models/family.ts";
import { frozenScales, headWrites } from "./passages.ts";
import type { Backend, Trace } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import { turn } from "../runtime/turn.ts";

/** One summand of a stream. */
export interface StreamPart {
  /** `embedding`, `position`, `0.3`, `attention bias 0`, `mlp 0`. */
  readonly name: string;
  /** [batch = 1, position, d_model]. */
  readonly value: Tensor;
}

type DescribedModel = Pick<Model, "program" | "architecture">;

/** The attention that a summand is, if it can be taken apart into heads. */
function attentionOf(
  { program, architecture }: DescribedModel,
  { of }: Summand,
): LayerAnatomy | null {
  const layer =
    of.kind === "attention" ? anatomy(program, architecture).layers[of.layer]! : undefined;
  return layer && !isMissing(layer.attention.projection) ? layer : null;
}

/** What a run has to save for `streamParts`: the summands, and what heads read where attention is one of them. */
export function streamPartNames(model: DescribedModel, summands: readonly Summand[]): string[] {
  return summands.flatMap((summand) => {
    const layer = attentionOf(model, summand);
    const { value, passage } = summand;
    return layer ? [value, layer.attention.z, ...frozenScales(passage)] : [value];
  });
}

/**
 * The parts of a stream, in the order in which they are written. Attention is taken apart into what each head writes and
 * what is left, its biases; all parts sum to the stream. A norm between a head and the stream has the run's scale.
 *
 * @param saved values `streamPartNames` of a run of one row
 */
export async function* streamParts(
  model: DescribedModel,
  backend: Backend,
  summands: readonly Summand[],
  saved: Trace,
): AsyncGenerator<StreamPart> {
  for (const summand of summands) {
    const layer = attentionOf(model, summand);
    if (layer) yield* attentionParts(model, backend, layer, summand, saved);
    else yield { name: partName(summand), value: saved.get(summand.value)! };
    await turn();
  }
}

/** `hook_embed` is `embedding`, `blocks.2.hook_mlp_out` is `mlp 2`. */
function partName({ of, value }: Summand): string {
  if ("layer" in of) return `${of.kind} ${of.layer}`;
  return of.kind === "rest" ? value : of.kind;
}

async function* attentionParts(
  model: DescribedModel,
  backend: Backend,
  parts: LayerAnatomy,
  { value, passage }: Summand,
  saved: Trace,
): AsyncGenerator<StreamPart> {
  const { layer, attention } = parts;
  const perHead = await writesOf(model, backend, parts, saved);
  const [, length, heads, width] = perHead.shape as readonly [number, number, number, number];
  const rest = Float64Array.from(saved.get(value)!.data);
  for (let head = 0; head < heads; head++) {
    const data = new Float32Array(length * width);
    for (let position = 0; position < length; position++) {
      const from = (position * heads + head) * width;
      data.set(perHead.data.subarray(from, from + width), position * width);
    }
    data.forEach((entry, index) => (rest[index]! -= entry));
    yield { name: headName({ layer, head }), value: streamTensor(length, width, data) };
  }
  if (requirePart(attention.projection).bias !== null || passage.norm?.bias)
    yield {
      name: `attention bias ${layer}`,
      value: streamTensor(length, width, Float32Array.from(rest)),
    };
}

function streamTensor(length: number, width: number, data: Float32Array): Tensor {
  return tensor(["batch", "position", "d_model"], [1, length, width], data);
}

/** What every head of a layer adds to the stream: [batch, position, head, d_model]. */
async function writesOf(
  { program }: DescribedModel,
  backend: Backend,
  layer: LayerAnatomy,
  saved: Trace,
): Promise<Tensor> {
  const { z, passage } = layer.attention;
  const b = builder(program);
  const output = headWrites(b, layer);
  const from = [z, ...frozenScales(requirePart(passage))];
  const feeds = from.map((name) => [name, saved.get(name)!] as const);
  const sizes = { batch: 1, position: saved.get(z)!.shape[1]! };
  const piece = slice(b.program([output], program.limits), { outputs: [output], from });
  const session = await prepare(piece, backend, sizes);
  try {
    return (await session.run(new Map(feeds))).get(output)!;
  } finally {
    await session.close();
  }
}
