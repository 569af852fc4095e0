/** @file What one cell of attention writes, and what that adds to the logits at its query, final norm frozen. */
import { kvHeadOf } from "../../models/kvHeadOf.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import { requirePart } from "../../models/anatomy/programAnatomy.ts";
import { frozenScales } from "../../interventions/passages.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Backend, Trace } from "../../base/backend.ts";
import { linearMap } from "../../interventions/linearMap.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import type { ScoreCell } from "./whyRun.ts";
import { mean } from "../../measure/mean.ts";

export interface CellEffect {
  /** What weight x value of the cell adds to each logit, less its mean over tokens: [d_vocab]. */
  readonly cell: Float64Array;
  /** The same of all keys of the head together. */
  readonly head: Float64Array;
}

/** What the run has to save. */
export function effectNames({ program, architecture }: LoadedModel, layer: number): string[] {
  const { layers, end } = anatomy(program, architecture);
  const { z, values, passage } = layers[layer]!.attention;
  const { norm } = requirePart(end);
  return [z, values.hook, ...frozenScales(requirePart(passage)), ...(norm ? [norm.scale] : [])];
}

/**
 * centred(logits(A[q, k] v_k W_O)) for the cell and centred(logits(z_q W_O)) for its head.
 *
 * @param saved values `effectNames` of a run of tokens 0 ... query
 * @throws {InputError} "study" for a model whose logits are not a product
 */
export async function cellEffect(
  model: LoadedModel,
  backend: Backend,
  cell: ScoreCell,
  weight: number,
  saved: Trace,
): Promise<CellEffect> {
  const { program, architecture } = model;
  const { stream, norm, unembedding } = requirePart(anatomy(program, architecture).end);
  const { uncapped } = unembedding;
  const z = hookName(cell.layer, "attn.hook_z");
  const all = saved.get(z)!;
  const value = valueVector(saved.get(hookName(cell.layer, "attn.hook_v"))!, cell, architecture);
  const own = headEntries(all, cell.query, cell.head);
  const entries = [value.map((entry) => weight * entry), own];
  const headOutputs = await writes(model, backend, cell, saved, entries);
  const frozen = norm
    ? new Map([[norm.scale, atPosition(saved.get(norm.scale)!, cell.query)]])
    : new Map<string, Tensor>();
  const map = await linearMap(program, backend, {
    from: [stream],
    outputs: [uncapped],
    frozen,
    length: 1,
  });
  try {
    const logits = await map.of(headOutputs.map((output) => ({ input: stream, value: output })));
    const [ofCell, ofHead] = [0, 1].map((row) => centreRow(logits.get(uncapped)!, row));
    return { cell: ofCell!, head: ofHead! };
  } finally {
    await map.close();
  }
}

/** What the head would add to the stream if its z at the query were each of `entries`: [1, 1, d_model] each. */
async function writes(
  { program, architecture }: LoadedModel,
  backend: Backend,
  { layer, head, query }: ScoreCell,
  saved: Trace,
  entries: readonly Float32Array[],
): Promise<Tensor[]> {
  const { z: from, passage } = anatomy(program, architecture).layers[layer]!.attention;
  const { added: to } = requirePart(passage);
  const { axes, shape } = saved.get(from)!;
  const scales = frozenScales(requirePart(passage));
  const map = await linearMap(program, backend, {
    from: [from],
    outputs: [to],
    frozen: new Map(scales.map((name) => [name, atPosition(saved.get(name)!, query)])),
    length: 1,
  });
  try {
    const parts = entries.map((vector) => {
      const data = new Float32Array(shape[2]! * vector.length);
      data.set(vector, head * vector.length);
      return { input: from, value: tensor(axes, [1, 1, ...shape.slice(2)], data) };
    });
    const { data, shape: sizes } = (await map.of(parts)).get(to)!;
    const width = sizes.at(-1)!;
    return entries.map((_, row) =>
      tensor(
        ["batch", "position", "d_model"],
        [1, 1, width],
        data.slice(row * width, (row + 1) * width),
      ),
    );
  } finally {
    await map.close();
  }
}

function valueVector(
  value: Tensor,
  { head, key }: ScoreCell,
  { heads }: { readonly heads: number },
): Float32Array {
  return headEntries(value, key, kvHeadOf({ heads, kvHeads: value.shape[2]! }, head));
}

/** One head's entries at one position of [1, position, head, d_head]. */
function headEntries({ data, shape }: Tensor, position: number, head: number): Float32Array {
  const [, , heads, width] = shape as readonly [number, number, number, number];
  const from = (position * heads + head) * width;
  return data.slice(from, from + width);
}

/** [1, position, x] at one position: [1, 1, x]. */
function atPosition({ axes, shape, data }: Tensor, position: number): Tensor {
  const width = data.length / shape[1]!;
  return tensor(
    axes,
    [1, 1, ...shape.slice(2)],
    data.slice(position * width, (position + 1) * width),
  );
}

/** A row of logits less its mean. */
function centreRow({ data, shape }: Tensor, row: number): Float64Array {
  const width = shape.at(-1)!;
  const own = Float64Array.from(data.subarray(row * width, (row + 1) * width));
  const average = mean(own);
  return own.map((logit) => logit - average);
}
