/** @file The layout of a sequence in which one block of tokens stands twice, and which queries are scored in it. */
import { InputError } from "../base/errors.ts";

/** `[BOS] r r`: two copies of a block of `period` tokens, the first at `start`, in `length` tokens. */
export interface Repeats {
  /** Position of the first token of the first copy: 1 after a BOS token, else 0. */
  readonly start: number;
  /** Tokens between a token and its copy; also the tokens in a copy. */
  readonly period: number;
  /** Tokens in the sequence, at least `start + 2 * period`. */
  readonly length: number;
}

/**
 * The positions of the second copy, [start + period, start + 2 * period - 1]: the rows that all default scores read.
 *
 * @throws {InputError} "range" if the layout is not possible; `asker` names who needs it
 */
export function secondCopy(asker: string, repeats: Repeats): number[] {
  checkRepeats(asker, repeats);
  const { start, period } = repeats;
  return Array.from({ length: period }, (_, index) => start + period + index);
}

/**
 * Refuses layouts in which nothing can be scored.
 *
 * @throws {InputError} "range"
 */
export function checkRepeats(asker: string, { start, period, length }: Repeats): void {
  const whole = [start, period, length].every(Number.isSafeInteger);
  if (whole && start >= 0 && period >= 2 && length >= start + 2 * period) return;
  throw new InputError(
    "range",
    `${asker} needs whole numbers with start >= 0, period >= 2 and length >= start + 2 * period, ` +
      `got start ${start}, period ${period} and length ${length}`,
  );
}
