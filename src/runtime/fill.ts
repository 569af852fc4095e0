import type { TensorData } from "../base/tensor.ts";
import type { Fill } from "../graph/program.ts";
import { frequenciesOf } from "../graph/rotaryTable.ts";
import { alibiMask } from "./alibiMask.ts";
import type { Following } from "./marks.ts";
import { relativeBuckets } from "./relativeBuckets.ts";

/** The numbers of an input that nobody feeds, for the sizes of this run: masks, positions, rotary tables, switches. */
export function fillInput(
  fill: Exclude<Fill, Following>,
  type: "float32" | "int32" | "bool",
  shape: readonly number[],
): TensorData {
  const size = shape.reduce((product, each) => product * each, 1);
  const data = new { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type](size);
  if (fill.kind === "constant") return data.fill(fill.value);
  if (fill.kind === "count") return data.map((_: number, index: number) => index % shape.at(-1)!);
  if (fill.kind === "causalMask") return causalMask(data, shape, fill);
  if (fill.kind === "alibiMask") return alibiMask(data, shape, fill);
  if (fill.kind === "earlier") return earlier(data, shape[1]!);
  if (fill.kind === "previous") return previous(data, shape);
  if (fill.kind === "bandMask") return bandMask(data, shape, fill.reach);
  if (fill.kind === "relativeBuckets") return relativeBuckets(data, shape, fill);
  if (fill.kind === "sinusoids") return sinusoids(data, shape);
  if (fill.kind === "temperature") return temperatures(data, fill);
  return rotaryTable(data, shape, fill);
}

/**
 * [query, key]: 0 where key <= query and, with a window, key > query - window, and, with chunks,
 * key >= chunk floor(query / chunk); elsewhere minus infinity.
 */
function causalMask(
  data: TensorData,
  shape: readonly number[],
  { window, chunk }: Extract<Fill, { kind: "causalMask" }>,
): TensorData {
  const [queries, keys] = shape as [number, number];
  for (let query = 0; query < queries; query++) {
    const chunkStart = chunk === undefined ? 0 : query - (query % chunk);
    const first = Math.max(chunkStart, window === null ? 0 : query - window + 1);
    for (let key = 0; key < keys; key++) {
      const isVisible = key <= query && key >= first;
      data[query * keys + key] = isVisible ? 0 : -Infinity;
    }
  }
  return data;
}

/** [query, key]: 0 where |key - query| <= reach, elsewhere minus infinity. */
function bandMask(data: TensorData, shape: readonly number[], reach: number): TensorData {
  const keys = shape[1]!;
  return data.map((_: number, index: number) =>
    Math.abs((index % keys) - Math.floor(index / keys)) <= reach ? 0 : -Infinity,
  );
}

/** [position, d]: sines in the first half, cosines in the second, in float64 until they are stored. */
function sinusoids(data: TensorData, shape: readonly number[]): TensorData {
  const width = shape[1]!;
  const half = Math.ceil(width / 2);
  return data.map((_: number, index: number) => {
    const [position, at] = [Math.floor(index / width), index % width];
    const angle = position / 10_000 ** ((2 * (at % half)) / width);
    return at < half ? Math.sin(angle) : Math.cos(angle);
  });
}

/** The quotient is rounded to float32, as the reference has it. */
function temperatures(
  data: TensorData,
  { first, floor, scale }: Extract<Fill, { kind: "temperature" }>,
): TensorData {
  return data.map(
    (_: number, position: number) =>
      1 + scale * Math.log1p(Math.floor(Math.fround((position + first) / floor))),
  );
}

function earlier(data: TensorData, keys: number): TensorData {
  return data.map((_: number, index: number) => Number(index % keys < Math.floor(index / keys)));
}

function previous(data: TensorData, shape: readonly number[]): TensorData {
  const to = shape[1]!;
  for (let position = 0; position < to; position++)
    data[Math.max(0, position - 1) * to + position] = 1;
  return data;
}

/** [position, frequency]: factor * cos or sin (position * frequency), in float64 until it is stored. */
function rotaryTable(
  data: TensorData,
  shape: readonly number[],
  { part, ...table }: Extract<Fill, { kind: "rotary" }>,
): TensorData {
  const turn = Math[part];
  const frequencies = frequenciesOf(table, shape[0]!);
  return data.map((_: number, index: number) => {
    const position = Math.floor(index / frequencies.length);
    return table.factor * turn(position * frequencies[index % frequencies.length]!);
  });
}
