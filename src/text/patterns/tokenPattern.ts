/** @file What every pattern generator takes and gives, and how rows are put together. */
import { InputError } from "../../base/errors.ts";
import { random, type Random } from "../../base/random.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";

/** Token sequences with a known structure. */
export interface TokenPattern {
  /** Token ids, axes [batch, position]. */
  readonly tokens: Tensor<Int32Array>;
  /** Position of the first token that belongs to the pattern: 1 after a BOS token, else 0. */
  readonly start: number;
  /** Tokens between a token and its copy. */
  readonly period: number;
}

/** What all generators need. */
export interface PatternOptions {
  /** An integer; the same seed gives the same tokens everywhere. */
  readonly seed: number;
  /** Rows. Row i does not depend on how many there are. */
  readonly examples: number;
  /** Tokens in one copy. */
  readonly period: number;
  /** Id of the token to begin each row with (id 0 is an id like any other), or null for none. */
  readonly bos: number | null;
  /** Ids to draw from: see ordinaryTokens. */
  readonly ordinary: ArrayLike<number>;
}

/**
 * Rows made one by one, each from its own stream of random numbers, after BOS where there is one.
 *
 * @param rowOf the tokens of one row without BOS, all rows of one length
 */
export function patternRows(
  { seed, examples, period, bos }: PatternOptions,
  rowOf: (stream: Random) => readonly number[],
): TokenPattern {
  const lead = bos === null ? [] : [bos];
  const rows = Array.from({ length: examples }, (_, example) => [
    ...lead,
    ...rowOf(random(seed, example)),
  ]);
  const length = rows[0]?.length ?? lead.length;
  const tokens = tensor(["batch", "position"], [examples, length], Int32Array.from(rows.flat()));
  return { tokens, start: lead.length, period };
}

/** Rows are made before anything is run; so many ids are half a gigabyte, and days of work for the smallest models. */
const MOST_TOKENS = 2 ** 27;

/**
 * Refuses sizes that no row can have.
 *
 * @param count different ordinary tokens that one row takes
 * @throws {InputError} "range"
 */
export function checkPattern(
  asker: string,
  { seed, examples, period, ordinary }: PatternOptions,
  count: number,
): void {
  if (!Number.isSafeInteger(seed)) {
    throw new InputError("range", `${asker} needs a whole number as seed, got ${seed}`);
  }
  if (!Number.isSafeInteger(examples) || examples < 1) {
    throw new InputError("range", `${asker} needs at least 1 example, got ${examples}`, {
      option: "numExamples",
    });
  }
  if (examples * period > MOST_TOKENS / 2) {
    throw new InputError(
      "range",
      `${asker} makes at most ${MOST_TOKENS} tokens at once, got ${examples} examples of two copies of ${period} tokens`,
      { option: "numExamples" },
    );
  }
  if (!Number.isSafeInteger(period) || period < 2) {
    throw new InputError("range", `${asker} needs a period of at least 2 tokens, got ${period}`);
  }
  if (count > ordinary.length) {
    throw new InputError(
      "range",
      `${asker} with period ${period} needs ${count} different ordinary tokens, the vocabulary has ${ordinary.length}`,
    );
  }
}

/** `count` different ordinary tokens in random order. */
export function drawTokens(stream: Random, count: number, ordinary: ArrayLike<number>): number[] {
  return stream.distinct(count, ordinary.length).map((index) => ordinary[index]!);
}
