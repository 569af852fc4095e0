/** @file The four weight matrices of every head as arrays, as the Program multiplies them. */
import { kvHeadOf } from "../models/kvHeadOf.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { builder } from "../graph/builder.ts";
import { slice } from "../graph/edits/slice.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import { requirePart, type LayerAnatomy } from "../models/anatomy/programAnatomy.ts";
import type { Model } from "../models/family.ts";
import type { Backend } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";

/** Of one layer, each [head, d_model, d_head]; keys and values of a group stand once for each of its heads. */
export interface HeadMatrices {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  /** W_O transposed: [head, d_model, d_head]. */
  readonly output: Tensor;
}

/**
 * Reads a layer's matrices through the engine, which knows every form that they are stored in.
 *
 * @throws {InputError} "study" where queries, keys, values or outputs are not products with one weight
 */
export async function headMatrices(
  { program, architecture }: Pick<Model, "program" | "architecture">,
  backend: Backend,
  layer: number,
): Promise<HeadMatrices> {
  const weights = weightsOf(anatomy(program, architecture).layers[layer]!);
  const b = builder(program);
  const names = Object.entries(weights).map(([name, matrix]) => {
    const head = b.typeOf(matrix).axes.some((axis) => axis.name === "head") ? "head" : "kv_head";
    const as = `matrix.${name}`;
    b.op("transpose", [matrix], { axes: [head, "d_model", "d_head"] }, as);
    return [name, as] as const;
  });
  const outputs = names.map(([, as]) => as);
  const session = await prepare(slice(b.program(outputs, program.limits), { outputs }), backend);
  try {
    const trace = await session.run(new Map());
    return Object.fromEntries(
      names.map(([name, as]) => [name, perQueryHead(trace.get(as)!, architecture.heads)]),
    ) as unknown as HeadMatrices;
  } finally {
    await session.close();
  }
}

function weightsOf({ attention }: LayerAnatomy): Record<keyof HeadMatrices, string> {
  const { queries, keys, values, projection } = attention;
  return {
    query: requirePart(queries.projection).weight,
    key: requirePart(keys.projection).weight,
    value: requirePart(values.projection).weight,
    output: requirePart(projection).weight,
  };
}

function perQueryHead({ data, shape }: Tensor, heads: number): Tensor {
  const [count, width, size] = shape as readonly [number, number, number];
  const area = width * size;
  const all = new Float32Array(heads * area);
  for (let head = 0; head < heads; head++) {
    const from = kvHeadOf({ heads, kvHeads: count }, head) * area;
    all.set(data.subarray(from, from + area), head * area);
  }
  return tensor(["head", "d_model", "d_head"], [heads, width, size], all);
}
