/** @file The repeats that a text really has: where n tokens come again, how far back, and what came next. */
import { InputError } from "../base/errors.ts";

/** Longest run of agreeing tokens that is told apart; longer ones count as this. */
export const LONGEST_NGRAM = 4;

/** One query of a sequence whose token came before. */
export interface Repeat {
  /** Position of the last token of the repeated n-gram: the query. */
  readonly query: number;
  /** Position of the same token in the earlier copy that agrees longest; of equally long ones the last. */
  readonly copy: number;
  /** Where induction attends: copy + 1. */
  readonly key: number;
  /** query - copy: tokens between the copies. */
  readonly distance: number;
  /** How many tokens up to the query agree with those up to the copy: 1 ... 4. */
  readonly ngram: number;
  /** How many earlier copies agree in that many tokens. */
  readonly copies: number;
  /** Whether the token after the query is the one after the copy: whether induction would be right. null at the end. */
  readonly continues: boolean | null;
}

/**
 * All repeats of a sequence, by the longest n-gram that ends at each query.
 *
 * A query q has a repeat if there is a copy c >= start with tokens[c - n] = tokens[q - n] for n = 0 ... ngram - 1 and the key
 * c + 1 lies before q - 1, or before q where `adjacent` is set.
 *
 * @param tokens ids of one sequence
 * @param options start: first position that takes part (after BOS); adjacent: whether "A B A", whose key is the previous
 *   token, counts too (default no: previous-token heads attend there as well)
 * @returns in the order of queries, at most one each; empty if nothing repeats
 * @throws {InputError} "range" unless start is a position
 */
export function findRepeats(
  tokens: ArrayLike<number>,
  { start = 0, adjacent = false }: { readonly start?: number; readonly adjacent?: boolean } = {},
): Repeat[] {
  if (!(Number.isSafeInteger(start) && start >= 0)) {
    throw new InputError("range", `findRepeats needs a start from 0 up, got ${start}`);
  }
  const positionsByToken = new Map<number, number[]>();
  const repeats: Repeat[] = [];
  for (let query = start; query < tokens.length; query++) {
    const copies = positionsByToken.get(tokens[query]!) ?? [];
    const nearest = adjacent ? query - 2 : query - 3;
    const repeat = longestRepeat(
      tokens,
      query,
      copies.filter((copy) => copy <= nearest),
      start,
    );
    if (repeat) repeats.push(repeat);
    copies.push(query);
    positionsByToken.set(tokens[query]!, copies);
  }
  return repeats;
}

/** How many queries have a repeat, by n-gram length and by distance. */
export interface RepeatGroup {
  readonly ngram: number;
  /** Distances from `least` to below `most`, powers of two apart. */
  readonly least: number;
  readonly most: number;
  readonly repeats: readonly Repeat[];
}

/**
 * Repeats grouped by n-gram length and by distance in octaves: 2-3, 4-7, 8-15, ... tokens back.
 *
 * @returns only groups that have repeats, by n-gram and then by distance
 */
export function groupRepeats(repeats: readonly Repeat[]): RepeatGroup[] {
  const groups = new Map<string, Repeat[]>();
  for (const repeat of repeats) {
    const key = `${repeat.ngram} ${String(octaveOf(repeat.distance)).padStart(2, "0")}`;
    groups.set(key, [...(groups.get(key) ?? []), repeat]);
  }
  return [...groups.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, members]) => {
      const { ngram, distance } = members[0]!;
      const least = 2 ** octaveOf(distance);
      return { ngram, least, most: 2 * least, repeats: members };
    });
}

function longestRepeat(
  tokens: ArrayLike<number>,
  query: number,
  copies: readonly number[],
  start: number,
): Repeat | null {
  const lengths = copies.map((copy) => agreement(tokens, copy, query, start));
  const ngram = Math.max(0, ...lengths);
  if (ngram === 0) return null;
  const copy = copies[lengths.lastIndexOf(ngram)]!;
  return {
    query,
    copy,
    key: copy + 1,
    distance: query - copy,
    ngram,
    copies: lengths.filter((length) => length === ngram).length,
    continues: query + 1 < tokens.length ? tokens[query + 1] === tokens[copy + 1] : null,
  };
}

function agreement(tokens: ArrayLike<number>, copy: number, query: number, start: number): number {
  let length = 0;
  while (
    length < LONGEST_NGRAM &&
    copy - length >= start &&
    tokens[copy - length] === tokens[query - length]
  ) {
    length += 1;
  }
  return length;
}

function octaveOf(distance: number): number {
  return Math.floor(Math.log2(distance));
}
