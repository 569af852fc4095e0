import { InputError } from "../../base/errors.ts";

/** What limits the length of a block. */
export interface PeriodLimits {
  /** Tokens in one copy, as asked for or by default. */
  readonly period: number;
  /** Whether somebody asked for it: then it is an error if it does not fit. */
  readonly explicit: boolean;
  /** Most tokens that the model can read, or null if there is no such number. */
  readonly contextLength: number | null;
  /** 1 with BOS, else 0. */
  readonly start: number;
  /** How many ordinary tokens there are. */
  readonly ordinary: number;
  /** Blocks in a row that share no token: 2 where control D is wanted, else 1. */
  readonly distinctBlocks?: number | undefined;
}

/**
 * The period that fits model and vocabulary: S = min(asked, floor((contextLength - start) / 2), floor(ordinary /
 * distinctBlocks)).
 *
 * @returns period, and in words what was shrunk and why; null if nothing was
 * @throws {InputError} "range" if an explicit period does not fit, or not even 2 tokens do
 */
export function fitPeriod(limits: PeriodLimits): {
  readonly period: number;
  readonly warning: string | null;
} {
  const { period, explicit, contextLength, start, ordinary, distinctBlocks = 1 } = limits;
  if (!Number.isSafeInteger(period) || period < 2) {
    throw new InputError("range", `a repeated block needs at least 2 tokens, got ${period}`);
  }
  const byContext = contextLength === null ? Infinity : Math.floor((contextLength - start) / 2);
  const byVocabulary = Math.floor(ordinary / distinctBlocks);
  const fitting = Math.min(period, byContext, byVocabulary);
  if (fitting === period) return { period, warning: null };
  const reason =
    byContext <= byVocabulary
      ? `the context of ${contextLength} tokens${start > 0 ? " with BOS" : ""} has room for 2 x ${byContext}`
      : `${ordinary} ordinary tokens in the vocabulary make blocks of at most ${byVocabulary}`;
  if (explicit || fitting < 2) {
    throw new InputError("range", `two copies of ${period} tokens do not fit: ${reason}`);
  }
  return {
    period: fitting,
    warning: `the period is ${fitting} tokens and not ${period}: ${reason}`,
  };
}
