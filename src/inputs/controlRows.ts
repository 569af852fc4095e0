/**
 * @file Rows that differ from repeated ones, given or generated, in one block: controls without the repetition, and rows whose
 * first copy is another block. The generated controls of `text/patterns/controls.ts` are for rows that nobody gave.
 */
import { InputError } from "../base/errors.ts";
import { random, type Random } from "../base/random.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import type { RepeatedRows } from "./scoreInput.ts";

type Rows = Tensor<Int32Array>;
type RepeatedPart = Pick<RepeatedRows, "tokens" | "start" | "period">;

/**
 * Control D, `[BOS] r s`: the second block shares no token with the first.
 *
 * @throws {InputError} "range" if the vocabulary has too few tokens that a row lacks
 */
export function disjointRows(
  { tokens, start, period }: RepeatedPart,
  ordinary: Int32Array,
  seed: number,
): Rows {
  return eachRow(tokens, seed, 11, (row, stream) =>
    row.toSpliced(start + period, period, ...otherTokens(row, period, ordinary, stream)),
  );
}

/** Control R, `[BOS] r shuffled(r)`: the second block has the same tokens, none in its old place if that can be. */
export function reshuffledRows({ tokens, start, period }: RepeatedPart, seed: number): Rows {
  return eachRow(tokens, seed, 12, (row, stream) =>
    row.toSpliced(start + period, period, ...derange(row.slice(start, start + period), stream)),
  );
}

/** `[BOS] s r`: the first copy is a block without a common token; errors as `disjointRows`. */
export function corruptedRows(
  { tokens, start, period }: RepeatedPart,
  ordinary: Int32Array,
  seed: number,
): Rows {
  return eachRow(tokens, seed, 13, (row, stream) =>
    row.toSpliced(start, period, ...otherTokens(row, period, ordinary, stream)),
  );
}

function eachRow(
  tokens: Rows,
  seed: number,
  kind: number,
  change: (row: number[], stream: Random) => number[],
): Rows {
  const [rows, length] = tokens.shape as readonly [number, number];
  const changed = Array.from({ length: rows }, (_, row) =>
    change(
      Array.from(tokens.data.subarray(row * length, (row + 1) * length)),
      random(seed, kind * 100_003 + row),
    ),
  );
  return tensor(tokens.axes, tokens.shape, Int32Array.from(changed.flat()));
}

/** Ordinary tokens that the row does not have. */
function otherTokens(row: number[], count: number, ordinary: Int32Array, stream: Random): number[] {
  const rowIds = new Set(row);
  const free = ordinary.filter((id) => !rowIds.has(id));
  if (free.length < count)
    throw new InputError(
      "range",
      `a control needs ${count} ordinary tokens that its row lacks, the vocabulary has ${free.length}`,
    );
  return stream.distinct(count, free.length).map((place) => free[place]!);
}

const SHUFFLES = 100;

/** In an order that leaves none in place, or of 100 orders the one with fewest in place (rows of the user's may repeat). */
function derange(items: readonly number[], stream: Random): number[] {
  const inPlace = (order: readonly number[]) =>
    order.filter((item, place) => item === items[place]).length;
  let best = stream.shuffled(items);
  for (let tries = 0; tries < SHUFFLES && inPlace(best) > 0; tries++) {
    const order = stream.shuffled(items);
    if (inPlace(order) < inPlace(best)) best = order;
  }
  return best;
}
