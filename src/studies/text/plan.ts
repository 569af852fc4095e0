/** @file What `text` is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import type { HeadAt, HeadChoice } from "../../base/headName.ts";
import type { SequenceInput } from "../../inputs/sequences.ts";
import { headsCalled } from "../../interventions/headNames.ts";
import type { Architecture } from "../../models/family.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";

/** Two prompts and what may follow either. */
export interface PromptPair {
  readonly prompts: readonly [string, string];
  readonly target: string;
}

export interface TextOptions
  extends Pick<SequenceInput, "texts" | "tokens" | "bos" | "seed">, StudyOptions {
  /** Tokens in one piece of a text; left out: 256, or what the model has room for. */
  readonly pieceLength?: number | undefined;
  /** Paired prompts to compare. */
  readonly pairs?: readonly PromptPair[] | undefined;
  /** Heads to switch off in pairs; left out: those that attend like induction heads on random tokens. */
  readonly heads?: readonly HeadChoice[] | undefined;
}

export const TEXT_OPTIONS: OptionNames<TextOptions> = {
  ...STUDY_OPTIONS,
  texts: true,
  tokens: true,
  bos: true,
  seed: true,
  pieceLength: true,
  pairs: true,
  heads: true,
};

/** What is asked for, with every default in place. */
export interface TextPlan {
  /** Null: there are pairs alone. */
  readonly sequences: Pick<SequenceInput, "texts" | "tokens" | "bos"> | null;
  readonly pieceLength: number;
  readonly pairs: readonly PromptPair[] | null;
  /** Null: those that attend like induction heads on random tokens. */
  readonly heads: readonly HeadAt[] | null;
  readonly bos: SequenceInput["bos"];
  readonly seed: number;
}

const PIECE = 256;

/** A piece, or a tail of a text, with fewer tokens has too little to repeat. */
export const LEAST_PIECE = 8;

/** @throws {InputError} "options" for neither text nor pairs, "range" for pieces of a few tokens, "unknown-head" */
export function textPlan(architecture: Architecture, options: TextOptions): TextPlan {
  const { texts, tokens, pairs = null, bos, heads, seed = 0 } = options;
  if (!texts && !tokens && !pairs)
    throw new InputError("options", "needs a text, tokens or pairs, got none of them");
  if (heads && !pairs)
    throw new InputError("options", "`heads` are switched off in `pairs`, and there are none");
  const pieceLength = Math.min(options.pieceLength ?? PIECE, architecture.contextLength);
  if (texts || tokens) checkWholeNumber("pieceLength", pieceLength, LEAST_PIECE);
  return {
    sequences: texts || tokens ? { texts, tokens, bos } : null,
    pieceLength,
    pairs,
    heads: heads ? headsCalled(heads, architecture, "heads") : null,
    bos,
    seed,
  };
}
