/** @file What `lens` is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import {
  GENERATED_INPUT,
  type GeneratedInput,
  type OwnTokens,
  type RepeatedRows,
} from "../../inputs/scoreInput.ts";
import { checkThreshold, checkTopK } from "../common/checkShown.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface LensOptions extends GeneratedInput, StudyOptions {
  /** Measure these rows in place of generated ones. */
  readonly rows?: OwnTokens | undefined;
  /** Positions to read, in the second copy; left out: all of it. */
  readonly positions?: readonly number[] | undefined;
  /** Left out: logit. */
  readonly of?: "logit" | "centred-logit" | undefined;
  /** Probability at which a layer's most likely token counts as settled; left out: .5. */
  readonly threshold?: number | undefined;
  /** Most likely tokens to list for each layer; left out: 5. */
  readonly topK?: number | undefined;
}

export const LENS_OPTIONS: OptionNames<LensOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  rows: true,
  positions: true,
  of: true,
  threshold: true,
  topK: true,
};

/** What is asked for, with every default in place. */
export interface LensPlan {
  readonly positions: readonly number[];
  readonly of: "logit" | "centred-logit";
  readonly threshold: number;
  readonly topK: number;
}

/** @throws {InputError} "range" for positions outside the second copy, a probability that is none, or a list of nothing */
export function lensPlan(rows: RepeatedRows, options: LensOptions): LensPlan {
  checkThreshold(options.threshold, 1);
  checkTopK(options.topK);
  return {
    positions: lensPositions(rows, options.positions),
    of: options.of ?? "logit",
    threshold: options.threshold ?? 0.5,
    topK: options.topK ?? 5,
  };
}

function lensPositions(
  { start, period }: RepeatedRows,
  asked: readonly number[] | undefined,
): number[] {
  const first = start + period;
  const wrong = asked?.find(
    (position) => !(Number.isInteger(position) && position >= first && position < first + period),
  );
  if (wrong !== undefined)
    throw new InputError(
      "range",
      `the lens reads positions of the second copy, ${first} to ${first + period - 1}, got ${wrong}`,
    );
  return asked ? [...asked] : Array.from({ length: period }, (_, offset) => first + offset);
}
