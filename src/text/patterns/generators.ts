/** @file Token patterns by name, each with the rows on which induction can be measured in it. */
import { InputError } from "../../base/errors.ts";
import { repeatedTokens } from "./repeatedTokens.ts";
import {
  checkPattern,
  drawTokens,
  patternRows,
  type PatternOptions,
  type TokenPattern,
} from "./tokenPattern.ts";

/** A pattern and what can be measured on it. */
export interface MeasuredPattern extends TokenPattern {
  /** Queries whose token came `period` tokens before, so that induction attends to query - period + 1. */
  readonly queries: readonly number[];
  /** Whether scores on it tell induction from other heads; if not, it is for looking at only. */
  readonly measurable: boolean;
  /** What it is good for, in words. */
  readonly use: string;
}

/** What single generators need besides. */
export interface GeneratorOptions extends PatternOptions {
  /** `periodic`: copies of the block. Default 4. */
  readonly copies?: number | undefined;
  /** `copy`: id of the token between the copies. Default: an ordinary token that is in neither. */
  readonly separator?: number | undefined;
  /** `embedded`: tokens that recur, "A B" by default; 1 for a single repeated token. */
  readonly recurring?: 1 | 2 | undefined;
}

const GENERATORS = {
  repeated: repeatedPattern,
  abab,
  copy,
  embedded: embeddedPattern,
  periodic,
} as const;
export type PatternName = keyof typeof GENERATORS;
export const PATTERN_NAMES = Object.keys(GENERATORS) as readonly PatternName[];

/**
 * Token rows by the name of their pattern.
 *
 * With S = period: `repeated` is r r; `abab` is A B A B ... over 2S tokens; `copy` is r [separator] r, so that copies are S + 1
 * apart; `embedded` is 2S different tokens in which "A B" recurs at the end, S tokens apart; `periodic` is r r r r.
 *
 * @returns tokens, axes [batch, position], with start, the distance between copies, and the rows to measure
 * @throws {InputError} "range" as repeatedTokens
 */
export function tokenPattern(name: PatternName, options: GeneratorOptions): MeasuredPattern {
  return GENERATORS[name](options);
}

/** Every pattern, by name. */
export function allPatterns(options: GeneratorOptions): Record<PatternName, MeasuredPattern> {
  return Object.fromEntries(
    PATTERN_NAMES.map((name) => [name, tokenPattern(name, options)]),
  ) as Record<PatternName, MeasuredPattern>;
}

function repeatedPattern(options: GeneratorOptions): MeasuredPattern {
  const pattern = repeatedTokens(options);
  return {
    ...pattern,
    queries: span(pattern.start + options.period, options.period),
    measurable: true,
    use: "the default input of all scores: the second copy is scored",
  };
}

function periodic({ copies = 4, ...options }: GeneratorOptions): MeasuredPattern {
  const { period, ordinary } = options;
  checkPattern("periodic", options, period);
  if (!Number.isSafeInteger(copies) || copies < 2) {
    throw new InputError("range", `periodic needs at least 2 copies, got ${copies}`);
  }
  const pattern = patternRows(options, (stream) => {
    const block = drawTokens(stream, period, ordinary);
    return Array.from({ length: copies }, () => block).flat();
  });
  return {
    ...pattern,
    queries: span(pattern.start + period, (copies - 1) * period),
    measurable: true,
    use: "attention may be split over earlier copies: sum over them (olsson.perQuery) or read the last",
  };
}

function abab(options: GeneratorOptions): MeasuredPattern {
  checkPattern("abab", options, 2);
  const pattern = patternRows(options, (stream) => {
    const pair = drawTokens(stream, 2, options.ordinary);
    return Array.from({ length: options.period }, () => pair).flat();
  });
  return {
    ...pattern,
    period: 2,
    queries: span(pattern.start + 2, 2 * options.period - 2),
    measurable: false,
    use: "for display only: with period 2 the induction stripe is the previous-token diagonal",
  };
}

function copy(options: GeneratorOptions): MeasuredPattern {
  const { period, ordinary, separator } = options;
  checkPattern("copy", options, separator === undefined ? period + 1 : period);
  const pattern = patternRows(options, (stream) => {
    const tokens = drawTokens(stream, separator === undefined ? period + 1 : period, ordinary);
    const block = tokens.slice(0, period);
    return [...block, separator ?? tokens[period]!, ...block];
  });
  return {
    ...pattern,
    period: period + 1,
    queries: span(pattern.start + period + 1, period),
    measurable: true,
    use: "as repeated, but copies are one token further apart than they are long; the last query's key is the separator",
  };
}

function embeddedPattern({ recurring = 2, ...options }: GeneratorOptions): MeasuredPattern {
  const { period } = options;
  checkPattern("embedded", options, 2 * period - recurring);
  if (period < recurring + 2) {
    throw new InputError(
      "range",
      `embedded needs a period of at least ${recurring + 2} tokens, got ${period}`,
    );
  }
  const pattern = patternRows(options, (stream) => {
    const tokens = drawTokens(stream, 2 * period - recurring, options.ordinary);
    return [...tokens, ...tokens.slice(period - recurring, period)];
  });
  const first = pattern.start + 2 * period - recurring;
  return {
    ...pattern,
    queries: span(first, recurring),
    measurable: true,
    use: `one query or two per row: take many rows; at the ${recurring === 2 ? "second B the first B is the duplicate, not the target" : "second A the target follows the first A"}`,
  };
}

function span(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
