/**
 * @file Control inputs: the same rows, positions and first blocks as repeatedTokens with the same seed, but without the
 * repetition that induction needs. What a head scores here it does not owe to induction.
 */
import type { Random } from "../../base/random.ts";
import {
  checkPattern,
  drawTokens,
  patternRows,
  type PatternOptions,
  type TokenPattern,
} from "./tokenPattern.ts";

/**
 * Control D, `[BOS] r s`: the second block shares no token with the first. What is left of a score is positional.
 *
 * @returns token ids, axes [batch, position]; the first block of row i is that of repeatedTokens
 * @throws {InputError} "range" if there are fewer than 2 * period ordinary tokens
 */
export function disjointControl(options: PatternOptions): TokenPattern {
  const { period, ordinary } = options;
  checkPattern("disjointControl", options, 2 * period);
  return patternRows(options, (stream) => drawTokens(stream, 2 * period, ordinary));
}

/**
 * Control R, `[BOS] r shuffled(r)`: the second block has the same tokens, none in its old place. What is left of a
 * score is attention by position, or to any token that was seen before.
 *
 * @returns token ids, axes [batch, position]; the first block of row i is that of repeatedTokens
 * @throws {InputError} "range" as repeatedTokens
 */
export function reshuffledControl(options: PatternOptions): TokenPattern {
  const { period, ordinary } = options;
  checkPattern("reshuffledControl", options, period);
  return patternRows(options, (stream) => {
    const block = drawTokens(stream, period, ordinary);
    return [...block, ...derange(stream, block)];
  });
}

/** The items in an order that leaves none in place: shuffles are tried until one does, 2.7 on average. */
function derange(stream: Random, items: readonly number[]): number[] {
  for (;;) {
    const order = stream.shuffled(items);
    if (order.every((item, place) => item !== items[place])) return order;
  }
}
