import {
  checkPattern,
  drawTokens,
  patternRows,
  type PatternOptions,
  type TokenPattern,
} from "./tokenPattern.ts";

/**
 * `[BOS] r r`: the default input. r is drawn without replacement, so that nothing repeats but the block itself.
 *
 * tokens[i, start + p] = tokens[i, start + S + p] for 0 <= p < S = period; length = start + 2S.
 *
 * @returns token ids, axes [batch, position]. Row i is made from (seed, i) alone
 * @throws {InputError} "range" if the period is under 2 or above the number of ordinary tokens
 */
export function repeatedTokens(options: PatternOptions): TokenPattern {
  const { period, ordinary } = options;
  checkPattern("repeatedTokens", options, period);
  return patternRows(options, (stream) => {
    const block = drawTokens(stream, period, ordinary);
    return [...block, ...block];
  });
}
