/** @file What `attention` is asked for: its options, and the plan with every default in place. */
import type { HeadAt, HeadChoice } from "../../base/headName.ts";
import { SEQUENCE_INPUT, type SequenceInput } from "../../inputs/sequences.ts";
import { headsCalled } from "../../interventions/headNames.ts";
import type { Architecture } from "../../models/family.ts";
import type { AttentionValue } from "../../results/causalNames.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface AttentionOptions extends SequenceInput, StudyOptions {
  /** Heads, `5.*` for all of a layer. Left out: the four that gain most by attending to induction's targets. */
  readonly heads?: readonly HeadChoice[] | undefined;
  /** Left out: pattern. */
  readonly values?: AttentionValue | undefined;
}

export const ATTENTION_OPTIONS: OptionNames<AttentionOptions> = {
  ...STUDY_OPTIONS,
  ...SEQUENCE_INPUT,
  heads: true,
  values: true,
};

/** What is asked for, with every default in place. */
export interface AttentionPlan {
  /** Null: the `mostHeads` heads that attend most to induction's targets. */
  readonly heads: readonly HeadAt[] | null;
  readonly mostHeads: number;
  readonly values: AttentionValue;
}

/** Heads that are shown if nobody names any. */
const SHOWN = 4;

/** @throws {InputError} "unknown-head" */
export function attentionPlan(
  architecture: Architecture,
  { heads: choices, values = "pattern" }: AttentionOptions,
): AttentionPlan {
  const heads = choices ? headsCalled(choices, architecture, "heads") : null;
  return { heads, mostHeads: heads?.length ?? SHOWN, values };
}
