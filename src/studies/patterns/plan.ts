/** @file What `score-patterns` is asked for: its options, and the plan with every default in place. */
import type { Mask } from "./result.ts";
import type { OptionNames } from "../../base/optionNames.ts";

/** Tokens of the sequences whose attention it is, [sequence][position]. */
export interface PatternTokens {
  /** Ids, or whatever else says what is the same, such as clusters of image patches. */
  readonly tokens: readonly (readonly number[])[];
  /** Tokens between copies, if the rows are `[BOS] r r`; verified. Without it only measures for any text are made. */
  readonly period?: number | undefined;
  /** Whether column 0 is BOS; needed with a period. */
  readonly bos?: boolean | undefined;
  /** Cross attention: the tokens of the keys. */
  readonly keyTokens?: readonly (readonly number[])[] | undefined;
}

export interface ScorePatternsOptions {
  /** What queries may see. */
  readonly mask: Mask;
  /** What the attention is called in the Result; left out: "attention". */
  readonly name?: string | undefined;
  /** Hash of the file that it comes from, for the Result. */
  readonly sha256?: string | undefined;
  /** Heads in the list of the best; left out: 5. */
  readonly topHeads?: number | undefined;
}

export const SCORE_PATTERNS_OPTIONS: OptionNames<ScorePatternsOptions> = {
  mask: true,
  name: true,
  sha256: true,
  topHeads: true,
};

/** What is asked for, with every default in place. */
export interface PatternsPlan {
  readonly mask: Mask;
  readonly name: string;
  readonly sha256: string | null;
  readonly topHeads: number;
}

export function patternsPlan(options: ScorePatternsOptions): PatternsPlan {
  return {
    mask: options.mask,
    name: options.name ?? "attention",
    sha256: options.sha256 ?? null,
    topHeads: options.topHeads ?? 5,
  };
}
