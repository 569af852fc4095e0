/** @file Reads a model as the numbers that a proof is about, through the engine, which knows every form that weights lie in. */
import type { Backend } from "../../base/backend.ts";
import type { Tensor } from "../../base/tensor.ts";
import { builder } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import type { Exact } from "../../measure/certificate/balls.ts";
import {
  lengthOf,
  type Family,
  type LayerNumbers,
  type ModelNumbers,
  type NormNumbers,
} from "../../measure/certificate/certifiedModel.ts";
import type { Rotation } from "../../measure/certificate/rotation.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import {
  requirePart,
  type AttentionAnatomy,
  type NormAnatomy,
} from "../../models/anatomy/programAnatomy.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { fillInput } from "../../runtime/fill.ts";
import { prepare } from "../../runtime/prepare.ts";

/**
 * @param ids the family's tokens, then BOS where there is one
 */
export async function modelNumbers(
  model: LoadedModel,
  backend: Backend,
  family: Family,
  ids: readonly number[],
): Promise<ModelNumbers> {
  const { program, architecture } = model;
  const parts = anatomy(program, architecture);
  const end = requirePart(parts.end);
  const attentions = parts.layers.map(({ attention }) => attention);
  const norms = [...attentions.map(({ norm }) => norm), end.norm];
  const gathered = new Map(
    program.ops.flatMap((op) => (op.op === "gather" ? [[op.output, op.inputs[0]!] as const] : [])),
  );
  const [embedding, places] = [gathered.get("hook_embed")!, gathered.get("hook_pos_embed")];
  const { unembedding } = end;
  const read = await weightReader(model, backend, [
    ...[embedding, places, unembedding.weight, unembedding.bias],
    ...norms.flatMap((norm) => [norm?.gain, norm?.bias]),
    ...attentions.flatMap(weightsOf),
  ]);
  const length = lengthOf(family);
  const rotation = rotationOf(model, length);
  const layers = attentions.map((attention) => layerOf(attention, read, rotation));
  return {
    embedding: rowsOf(read.matrix(embedding, "d_vocab"), ids),
    positions: places ? rowsOf(read.matrix(places, "n_ctx"), count(length)) : null,
    positionsIn: architecture.positions === "shortformer" ? "queries and keys" : "stream",
    layers: layers as unknown as ModelNumbers["layers"],
    finalNorm: normOf(end.norm, read),
    unembedding: read.matrix(unembedding.weight, "d_model"),
    unembeddingBias: unembedding.bias ? read.vector(unembedding.bias) : null,
    outputs: ids,
  };
}

const count = (size: number) => Array.from({ length: size }, (_, index) => index);

function weightsOf({ queries, keys, values, projection }: AttentionAnatomy) {
  const all = [queries, keys, values].map((input) => requirePart(input.projection));
  return [...all, requirePart(projection)].flatMap(({ weight, bias }) => [weight, bias]);
}

interface WeightReader {
  /** A matrix whose first axis is this one. */
  matrix(name: string, first: string): Exact;
  vector(name: string): Exact;
  /** [head] -> [d_model, d_head], of the output [d_head, d_model] */
  byHead(name: string): Exact[];
  /** [head] -> [1, d_head] */
  rowByHead(name: string | null): (Exact | null)[];
}

async function weightReader(
  { program, architecture: { heads } }: LoadedModel,
  backend: Backend,
  names: readonly (string | null | undefined)[],
): Promise<WeightReader> {
  const b = builder(program);
  const valueNames = [...new Set(names.filter((name) => name !== null && name !== undefined))];
  const outputs = valueNames.map((name) =>
    b.op("rename", [name], { names: {} }, `numbers.${name}`),
  );
  const session = await prepare(slice(b.program(outputs, program.limits), { outputs }), backend);
  const trace = await session.run(new Map()).finally(() => session.close());
  const of = (name: string) => trace.get(`numbers.${name}`)!;
  return {
    matrix: (name, first) => matrixOf(of(name), first),
    vector: (name) => ({ rows: 1, columns: of(name).data.length, data: of(name).data }),
    byHead: (name) => matricesByHead(of(name)),
    rowByHead: (name) =>
      count(heads).map((head) => {
        if (name === null) return null;
        const { data } = of(name);
        const size = data.length / heads;
        return { rows: 1, columns: size, data: data.subarray(head * size, (head + 1) * size) };
      }),
  };
}

function matrixOf({ axes, shape, data }: Tensor, first: string): Exact {
  if (axes[0] !== first) throw new Error(`internal: a matrix begins with ${axes[0]}, not ${first}`);
  const [rows, columns] = shape as readonly [number, number];
  return { rows, columns, data };
}

/** [head, row, column] as a matrix for each head. */
function matricesByHead({ shape, data }: Tensor): Exact[] {
  const [heads, rows, columns] = shape as readonly [number, number, number];
  const area = rows * columns;
  return count(heads).map((head) => ({
    rows,
    columns,
    data: data.subarray(head * area, (head + 1) * area),
  }));
}

function layerOf(
  attention: AttentionAnatomy,
  read: WeightReader,
  rotation: Rotation | null,
): LayerNumbers {
  const [q, k, v] = [attention.queries, attention.keys, attention.values].map((input) =>
    requirePart(input.projection),
  );
  const out = requirePart(attention.projection);
  const [queries, keys, values] = [q!, k!, v!].map(({ weight }) => read.byHead(weight));
  const [queryBias, keyBias, valueBias] = [q!, k!, v!].map(({ bias }) => read.rowByHead(bias));
  const outputs = read.byHead(out.weight);
  return {
    norm: normOf(attention.norm, read),
    heads: queries!.map((query, head) => ({
      query,
      key: keys![head]!,
      value: values![head]!,
      output: outputs[head]!,
      queryBias: queryBias![head]!,
      keyBias: keyBias![head]!,
      valueBias: valueBias![head]!,
    })),
    outputBias: out.bias ? read.vector(out.bias) : null,
    scale: requirePart(attention.scores.product).scale,
    rotation: attention.queries.rotated === null ? null : rotation,
  };
}

function normOf(norm: NormAnatomy | null, read: WeightReader): NormNumbers | null {
  if (!norm) return null;
  const vector = (name: string | null) => (name ? read.vector(name).data : null);
  return { center: norm.center, eps: norm.eps, gain: vector(norm.gain), bias: vector(norm.bias) };
}

/** The tables that a run of this many positions is fed. */
function rotationOf({ program }: LoadedModel, length: number): Rotation | null {
  const op = program.ops.find((operation) => operation.op === "rotary");
  if (op?.op !== "rotary") return null;
  const table = (name: string) => {
    const { fill } = program.inputs.find((input) => input.name === name)!;
    if (fill?.kind !== "rotary") throw new Error(`internal: ${name} is not a rotary table`);
    const pairs = fill.frequencies.length;
    return { pairs, data: fillInput(fill, "float32", [length, pairs]) };
  };
  const [cos, sin] = [table(op.inputs[1]!), table(op.inputs[2]!)];
  return {
    cos: cos.data,
    sin: sin.data,
    pairs: cos.pairs,
    interleaved: op.attributes.interleaved,
  };
}

function rowsOf({ columns, data }: Exact, rows: readonly number[]): Exact {
  return {
    rows: rows.length,
    columns,
    data: Float32Array.from(
      { length: rows.length * columns },
      (_, at) => data[rows[Math.floor(at / columns)]! * columns + (at % columns)]!,
    ),
  };
}
