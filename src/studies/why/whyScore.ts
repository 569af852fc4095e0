/** @file One attention score as query parts times key parts, from a run of the tokens up to the query. */
import { kvHeadOf } from "../../models/kvHeadOf.ts";
import { sizeOf, tensor, type Tensor } from "../../base/tensor.ts";
import { clampParts } from "../../graph/edits/clampsApart.ts";
import type { ScoreProduct } from "../../models/anatomy/programAnatomy.ts";
import { scoreParts } from "../../measure/scoreParts.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Backend, Trace } from "../../base/backend.ts";
import { linearMap, type MapPart } from "../../interventions/linearMap.ts";
import { streamParts } from "../../interventions/streamParts.ts";
import type { ScoreCell, WhyLayer, WhyRun } from "./whyRun.ts";

export interface ScoreTakenApart {
  readonly parts: readonly string[];
  /** [query part][key part]. */
  readonly contributions: readonly (readonly number[])[];
  /** For each key part, query . part at every key that the query sees: [key part][key]. */
  readonly byKeyAt: readonly (readonly number[])[];
}

/** Vectors of one head, [d_head] each: the query's at its position, the key's at every position. */
interface PartVectors {
  readonly name: string;
  readonly query: Float32Array;
  readonly keys: readonly Float32Array[];
}

const CONSTANT = "biases";
const DISTANCE = "distance";

/**
 * The score as a sum over query parts and key parts; the key parts at every key that the query sees as well.
 *
 * @param run of tokens 0 ... query, with the layer's scales and what its stream is the sum of
 */
export async function scoreTakenApart(
  model: LoadedModel,
  backend: Backend,
  inputs: WhyLayer,
  cell: ScoreCell,
  { saved, visible, distances }: WhyRun,
  advance: (parts: number) => void,
): Promise<ScoreTakenApart> {
  const { queries, keys, positions, scale } = inputs.product;
  const { pre } = inputs.layer;
  const { architecture } = model;
  const map = await linearMap(model.program, backend, {
    from: [pre, ...(positions ? [positions] : [])],
    outputs: [queries, keys],
    frozen: new Map(frozenIn(inputs.product).map((name) => [name, saved.get(name)!])),
    length: cell.query + 1,
  });
  const read = (trace: Trace, row: number, name: string): PartVectors => ({
    name,
    query: headVector(trace.get(queries)!, row, cell.query, cell.head, architecture),
    keys: visible.map((key) => headVector(trace.get(keys)!, row, key, cell.head, architecture)),
  });
  const vectors: PartVectors[] = [];
  try {
    for await (const group of inGroups(namedParts(model, backend, inputs, saved), map.rows)) {
      const trace = await map.of(group.map(({ part }) => part));
      group.forEach(({ name }, row) => vectors.push(read(trace, row, name)));
      advance(group.length);
    }
    vectors.push(read(map.constant, 0, CONSTANT));
  } finally {
    await map.close();
  }
  const place = visible.indexOf(cell.key);
  const apart = takenApart(vectors, place, scale);
  return distances
    ? withDistance(
        apart,
        visible.map((key) => distances[key]!),
        place,
      )
    : apart;
}

/** With these values of the run frozen, queries and keys are linear in the stream, in a program that `clampsApart` made. */
export function frozenIn({ normScales, clamps }: ScoreProduct): string[] {
  return [...normScales, ...clamps.flatMap(clampParts)];
}

/** With what the mask adds for the distance as a part that meets no other. */
function withDistance(
  { parts, contributions, byKeyAt }: ScoreTakenApart,
  added: readonly number[],
  place: number,
): ScoreTakenApart {
  return {
    parts: [...parts, DISTANCE],
    contributions: [
      ...contributions.map((row) => [...row, 0]),
      [...parts.map(() => 0), added[place]!],
    ],
    byKeyAt: [...byKeyAt, added],
  };
}

interface NamedPart {
  readonly name: string;
  readonly part: MapPart;
}

async function* namedParts(
  model: LoadedModel,
  backend: Backend,
  { layer: { pre, summands }, product: { positions } }: WhyLayer,
  saved: Trace,
): AsyncGenerator<NamedPart> {
  for await (const { name, value } of streamParts(model, backend, summands, saved))
    yield { name, part: { input: pre, value } };
  if (positions)
    yield { name: "position", part: { input: positions, value: saved.get(positions)! } };
}

function takenApart(
  vectors: readonly PartVectors[],
  place: number,
  scale: number,
): ScoreTakenApart {
  const keysAt = (key: number) => stackRows(vectors.map(({ keys }) => keys[key]!));
  const queries = stackRows(vectors.map(({ query }) => query));
  const whole = stackRows([sum(vectors.map(({ query }) => query))]);
  const all = Array.from(vectors.keys());
  const { data } = scoreParts(queries, keysAt(place), scale);
  const byKey = vectors[0]!.keys.map((_, key) => scoreParts(whole, keysAt(key), scale).data);
  return {
    parts: vectors.map(({ name }) => name),
    contributions: all.map((query) => all.map((key) => data[query * all.length + key]!)),
    byKeyAt: all.map((part) => byKey.map((products) => products[part]!)),
  };
}

function sum(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows[0]!, (_, entry) =>
    rows.reduce((total, row) => total + row[entry]!, 0),
  );
}

function stackRows(rows: readonly Float32Array[]): Tensor {
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, index) => data.set(row, index * width));
  return tensor(["part", "d_head"], [rows.length, width], data);
}

/** Axes [batch, position, ...heads, d_head]; a head's keys are those of its group. */
function headVector(
  { shape, data }: Tensor,
  row: number,
  position: number,
  head: number,
  { heads }: { readonly heads: number },
): Float32Array {
  const [, length, ...rest] = shape as readonly number[];
  const width = rest.at(-1)!;
  const count = sizeOf(rest.slice(0, -1));
  const own = kvHeadOf({ heads, kvHeads: count }, head);
  const from = ((row * length! + position) * count + own) * width;
  return data.slice(from, from + width); // a copy: the whole trace need not be kept
}

/** Items in lists of at most `size`, each list as soon as it is full. */
async function* inGroups<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
