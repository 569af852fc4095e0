/** @file The residual stream before a layer as what it is the sum of: embeddings, heads, attention biases, MLPs. */
import { headName } from "../base/headName.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { slice } from "../graph/edits/slice.ts";
import { producerOf, type Program } from "../graph/program.ts";
import type { Backend, Trace } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import { turn } from "../runtime/turn.ts";
import { hookName } from "./points.ts";

/** One summand of a stream. */
export interface StreamPart {
  /** `embedding`, `position`, `0.3`, `attention bias 0`, `mlp 0`. */
  readonly name: string;
  /** [batch = 1, position, d_model]. */
  readonly value: Tensor;
}

const ATTENTION = /^blocks\.(\d+)\.hook_attn_out$/;

/** What a run has to save for `streamParts`: the summands, and what heads read where attention is one of them. */
export function streamPartNames(summands: readonly string[]): string[] {
  return summands.flatMap((name) => {
    const layer = ATTENTION.exec(name)?.[1];
    return layer === undefined ? [name] : [name, hookName(Number(layer), "attn.hook_z")];
  });
}

/**
 * The parts of a stream, in the order in which they are written. Attention is taken apart into what each head writes and
 * what is left, its bias; all parts sum to the stream.
 *
 * @param saved values `streamPartNames` of a run of one row
 */
export async function* streamParts(
  program: Program,
  backend: Backend,
  summands: readonly string[],
  saved: Trace,
): AsyncGenerator<StreamPart> {
  for (const name of summands) {
    const layer = ATTENTION.exec(name)?.[1];
    if (layer === undefined) yield { name: partName(name), value: saved.get(name)! };
    else yield* attentionParts(program, backend, Number(layer), saved);
    await turn();
  }
}

/** `hook_embed` is `embedding`, `blocks.2.hook_mlp_out` is `mlp 2`. */
function partName(name: string): string {
  if (name === "hook_embed") return "embedding";
  if (name === "hook_pos_embed") return "position";
  return name.replace(/^blocks\.(\d+)\.hook_mlp_out$/, "mlp $1");
}

async function* attentionParts(
  program: Program,
  backend: Backend,
  layer: number,
  saved: Trace,
): AsyncGenerator<StreamPart> {
  const [z, result] = [hookName(layer, "attn.hook_z"), hookName(layer, "attn.hook_result")];
  const out = hookName(layer, "hook_attn_out");
  const perHead = await written(program, backend, z, result, saved.get(z)!);
  const [, length, heads, width] = perHead.shape as readonly [number, number, number, number];
  const rest = Float64Array.from(saved.get(out)!.data);
  for (let head = 0; head < heads; head++) {
    const data = new Float32Array(length * width);
    for (let position = 0; position < length; position++) {
      const from = (position * heads + head) * width;
      data.set(perHead.data.subarray(from, from + width), position * width);
    }
    data.forEach((value, index) => (rest[index]! -= value));
    yield { name: headName({ layer, head }), value: streamTensor(length, width, data) };
  }
  if (producerOf(program, out).inputs.length > 2)
    yield {
      name: `attention bias ${layer}`,
      value: streamTensor(length, width, Float32Array.from(rest)),
    };
}

function streamTensor(length: number, width: number, data: Float32Array): Tensor {
  return tensor(["batch", "position", "d_model"], [1, length, width], data);
}

/** What every head of a layer writes: [batch, position, head, d_model]. */
async function written(
  program: Program,
  backend: Backend,
  z: string,
  result: string,
  value: Tensor,
): Promise<Tensor> {
  const sizes = { batch: 1, position: value.shape[1]! };
  const session = await prepare(slice(program, { outputs: [result], from: [z] }), backend, sizes);
  try {
    return (await session.run(new Map([[z, value]]))).get(result)!;
  } finally {
    await session.close();
  }
}
