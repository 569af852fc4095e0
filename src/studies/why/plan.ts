/** @file What `why` is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import type { HeadAt, HeadChoice } from "../../base/headName.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import type { SequenceInput } from "../../inputs/sequences.ts";
import { headCalled } from "../../interventions/headNames.ts";
import type { Architecture } from "../../models/family.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface WhyOptions extends StudyOptions {
  /** Such as "1.2". */
  readonly head: HeadChoice;
  /** Position that looks; negative counts from the end. Left out: the last. */
  readonly query?: number | undefined;
  /** Position that is looked at; negative counts from the query. Left out: the one with most weight, but for the first. */
  readonly key?: number | undefined;
  /** A text for the model's tokenizer. */
  readonly text?: string | undefined;
  /** Token ids, used as they are. Without text and tokens: one generated row `[BOS] r r`. */
  readonly tokens?: readonly number[] | undefined;
  /** Whether a text or a generated row begins with BOS; left out: "auto", as the model declares. */
  readonly bos?: BosChoice | undefined;
  /** Tokens in the two copies of a generated row; left out: 64, less if the model has no room. */
  readonly seqLen?: number | undefined;
  /** Of a generated row; left out: 0. */
  readonly seed?: number | undefined;
  /** Token whose logit the effect is on. Left out: the sequence's next token, or else the most likely one. */
  readonly target?: number | undefined;
  /** Tokens to list as raised and lowered, and keys of the row; left out: 5. */
  readonly topK?: number | undefined;
}

export const WHY_OPTIONS: OptionNames<WhyOptions> = {
  ...STUDY_OPTIONS,
  head: true,
  query: true,
  key: true,
  text: true,
  tokens: true,
  bos: true,
  seqLen: true,
  seed: true,
  target: true,
  topK: true,
};

/** What is asked for, with every default in place; positions are settled once the tokens are known. */
export interface WhyPlan {
  readonly head: HeadAt;
  readonly sequence: SequenceInput;
  readonly query: number | null;
  readonly key: number | null;
  readonly target: number | null;
  readonly topK: number;
}

/** @throws {InputError} "unknown-head"; "tokens" for a target outside the vocabulary */
export function whyPlan(architecture: Architecture, options: WhyOptions): WhyPlan {
  const { text, tokens, bos, seqLen, seed, target } = options;
  checkTarget(target, architecture.vocabulary);
  return {
    head: headCalled(options.head, architecture, "head"),
    sequence: {
      texts: text === undefined ? undefined : [text],
      tokens: tokens && [tokens],
      ...{ bos, seqLen, seed, numExamples: 1 },
    },
    query: options.query ?? null,
    key: options.key ?? null,
    target: target ?? null,
    topK: options.topK ?? 5,
  };
}

function checkTarget(target: number | undefined, vocabulary: number): void {
  if (target === undefined || (Number.isInteger(target) && target >= 0 && target < vocabulary))
    return;
  throw new InputError(
    "tokens",
    `the target must be an id from 0 to ${vocabulary - 1}, got ${target}`,
  );
}
