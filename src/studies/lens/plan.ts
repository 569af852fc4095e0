/** @file What `lens` is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import { GENERATED_INPUT, type GeneratedInput, type OwnTokens } from "../../inputs/scoreInput.ts";
import type { TargetText } from "../../inputs/targetRows.ts";
import { checkThreshold, checkTopK } from "../common/checkShown.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

/** Positions that have a target, and what they are, for messages. */
export interface LensRead {
  readonly of: string;
  readonly positions: readonly number[];
}

export interface LensOptions extends GeneratedInput, StudyOptions {
  /** Measure these rows in place of generated ones. */
  readonly rows?: OwnTokens | undefined;
  /** Texts with equal numbers of tokens, in place of rows; the prediction of the next token is read. */
  readonly texts?: readonly TargetText[] | undefined;
  /** Positions to read, in the second copy, or of texts; left out: all, of texts with answers the last one. */
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
  texts: true,
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

/** @throws {InputError} "range" for positions that have no target, a probability that is none, or a list of nothing */
export function lensPlan({ read }: { readonly read: LensRead }, options: LensOptions): LensPlan {
  checkThreshold(options.threshold, 1);
  checkTopK(options.topK);
  return {
    positions: lensPositions(read, options.positions),
    of: options.of ?? "logit",
    threshold: options.threshold ?? 0.5,
    topK: options.topK ?? 5,
  };
}

function lensPositions(
  { of, positions }: LensRead,
  choices: readonly number[] | undefined,
): number[] {
  const wrong = choices?.find((position) => !positions.includes(position));
  if (wrong === undefined) return [...(choices ?? positions)];
  throw new InputError(
    "range",
    `the lens reads positions of ${of}, ${positions[0]} to ${positions.at(-1)}, got ${wrong}`,
  );
}
