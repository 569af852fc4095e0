/**
 * @file Weight tables: a linear attention measure is a table of weights over (query, key), and the score of a head is
 * the sum of table[query, key] * pattern[head, query, key]. Graph and array path contract the same table.
 */
import { InputError } from "../base/errors.ts";
import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";

/** One entry of an attention pattern. */
export interface Entry {
  readonly query: number;
  readonly key: number;
}

/**
 * The table of "mean over `queries` of the sum over keysOf(query) of A[query, key]".
 *
 * @param length tokens in the sequence: the table has this many queries and keys
 * @param queries the rows of the mean; a row without keys counts as 0
 * @param keysOf keys whose attention is summed; a key outside the sequence is an error
 * @returns weights, axes [query, key]; 1 / queries.length at every entry, see {@link shares}
 * @throws {InputError} "range" if there are no queries, or an entry lies outside the table
 */
export function queryMeanTable(
  length: number,
  queries: readonly number[],
  keysOf: (query: number) => readonly number[],
): Tensor {
  const weights = shares(queries.length);
  const data = new Float32Array(length * length);
  queries.forEach((query, row) => {
    for (const key of keysOf(query))
      data[placeOf({ query, key }, { queries: length, keys: length })]! += weights[row]!;
  });
  return tensor(["query", "key"], [length, length], data);
}

/** Queries and keys of a table that is not square. */
export interface TableSize {
  readonly queries: number;
  readonly keys: number;
}

/**
 * The table of "mean over `entries` of A[query, key]".
 *
 * @param size tokens in the sequence, or queries and keys of two sequences
 * @returns weights, axes [query, key]; 1 / entries.length at every entry, see {@link shares}
 * @throws {InputError} "range" if there are no entries, or one lies outside the table
 */
export function entryMeanTable(size: number | TableSize, entries: readonly Entry[]): Tensor {
  const { queries, keys } = typeof size === "number" ? { queries: size, keys: size } : size;
  const weights = shares(entries.length);
  const data = new Float32Array(queries * keys);
  entries.forEach((entry, index) => {
    data[placeOf(entry, { queries, keys })]! += weights[index]!;
  });
  return tensor(["query", "key"], [queries, keys], data);
}

/**
 * Tables of one size as one tensor.
 *
 * @returns weights, axes [measure, query, key], in the order given
 * @throws {InputError} "shape" if the tables differ in size, or there are none
 */
export function stackTables(tables: readonly Tensor[]): Tensor {
  const shapes = tables.map((table) => shapeOf(table, ["query", "key"]));
  const [queries, keys] = shapes[0] ?? [0, 0];
  if (queries === 0 || shapes.some((shape) => shape[0] !== queries || shape[1] !== keys)) {
    const got = shapes.map((shape) => shape.join(" x ")).join(", ") || "none";
    throw new InputError("shape", `stackTables needs tables of one size, got ${got}`);
  }
  const data = new Float32Array(tables.length * queries * keys);
  tables.forEach((table, measure) => data.set(table.data, measure * queries * keys));
  return tensor(["measure", "query", "key"], [tables.length, queries, keys], data);
}

/**
 * `count` float32 weights, each within 2^-24 of 1 / count, whose sum is exactly 1 in whatever order it is taken.
 *
 * Float32(1 / count) added up count times is rarely 1, so a perfect head would score .9999999 or 1.0000001, differently
 * on every backend. These weights are whole multiples of 2^-24, and so are all their partial sums, which float32 holds
 * exactly. What it costs a head that is not perfect is below 2^-24 * count, far under the error of the pattern itself.
 */
export function shares(count: number): Float32Array {
  if (count < 1) throw new InputError("range", "a mean needs at least one query, got none");
  const steps = (index: number) => Math.round((index / count) * 2 ** 24);
  return Float32Array.from(
    { length: count },
    (_, index) => (steps(index + 1) - steps(index)) / 2 ** 24,
  );
}

function placeOf({ query, key }: Entry, { queries, keys }: TableSize): number {
  if (query >= 0 && query < queries && key >= 0 && key < keys) return query * keys + key;
  const table =
    queries === keys
      ? `a weight table over ${keys} tokens needs queries and keys from 0 to ${keys - 1}`
      : `a weight table of ${queries} queries and ${keys} keys needs them within it`;
  throw new InputError("range", `${table}, got query ${query} and key ${key}`);
}
