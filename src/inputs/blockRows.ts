import { drawnTokens } from "../models/drawnTokens.ts";
import type { Architecture } from "../models/family.ts";
import { fitPeriod } from "../text/patterns/fitPeriod.ts";
import { repeatedTokens } from "../text/patterns/repeatedTokens.ts";
import type { TokenPattern } from "../text/patterns/tokenPattern.ts";

export interface BlockChoice {
  /** An integer; the same seed gives the same tokens everywhere. */
  readonly seed: number;
  /** Tokens of a block, or as many fewer as the model has room and tokens for. */
  readonly period: number;
  /** How many rows of this length are wanted. */
  readonly examplesFor: (length: number) => number;
}

/**
 * Rows `[BOS] r r` of ordinary tokens of the model, for a look at it: a block that does not fit is made shorter.
 *
 * @throws {InputError} "range" if not even two copies of 2 tokens fit
 */
export function blockRows(
  architecture: Architecture,
  { seed, period: most, examplesFor }: BlockChoice,
): TokenPattern {
  const { bosToken: bos, contextLength } = architecture;
  const start = bos === null ? 0 : 1;
  const ordinary = drawnTokens(architecture).ids;
  const limits = { contextLength, start, ordinary: ordinary.length };
  const { period } = fitPeriod({ period: most, explicit: false, ...limits });
  const examples = examplesFor(start + 2 * period);
  return repeatedTokens({ seed, examples, period, bos, ordinary });
}
