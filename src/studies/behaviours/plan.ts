/** @file What `behaviours` is asked for: its options, and the plan with every default in place. */
import { closest } from "fastest-levenshtein";
import { InputError } from "../../base/errors.ts";
import type { GeneratedInput } from "../../inputs/scoreInput.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import { PROBES } from "./probes.ts";
import { SCENES } from "./scenes.ts";

export interface BehavioursOptions
  extends Pick<GeneratedInput, "numExamples" | "seed" | "bos">, StudyOptions {
  /** Behaviours to measure, by name. Left out: all. */
  readonly only?: readonly string[] | undefined;
  /** Texts, on which copy suppression is measured, and in which needles are hidden. Left out: the one is not, the others lie in random words. */
  readonly texts?: readonly string[] | undefined;
}

export const BEHAVIOURS_OPTIONS: OptionNames<BehavioursOptions> = {
  ...STUDY_OPTIONS,
  ...{ only: true, texts: true, numExamples: true, seed: true, bos: true },
};

export interface BehavioursPlan {
  readonly examples: number;
  readonly seed: number;
  /** Names of the behaviours, in the order of the table. */
  readonly only: readonly string[];
}

/** The names of all behaviours, in the order of the Result. */
export const BEHAVIOUR_NAMES: readonly string[] = [...SCENES, ...PROBES].flatMap(
  ({ behaviours }) => behaviours,
);

const EXAMPLES = 40;

/** @throws {InputError} "options" for a behaviour that there is not; "range" for numbers that are none */
export function behavioursPlan({
  only = BEHAVIOUR_NAMES,
  numExamples = EXAMPLES,
  seed = 0,
}: BehavioursOptions): BehavioursPlan {
  const unknown = only.filter((name) => !BEHAVIOUR_NAMES.includes(name));
  if (unknown.length > 0)
    throw new InputError("options", unknownWords(unknown), { option: "only" });
  if (only.length === 0)
    throw new InputError("options", "`only` needs at least one behaviour, got none", {
      option: "only",
    });
  checkWholeNumber("numExamples", numExamples, 1);
  checkWholeNumber("seed", seed);
  return {
    examples: numExamples,
    seed,
    only: BEHAVIOUR_NAMES.filter((name) => only.includes(name)),
  };
}

function unknownWords(unknown: readonly string[]): string {
  const near = unknown.map((name) => closest(name, [...BEHAVIOUR_NAMES]));
  return `there is no behaviour ${unknown.join(", ")}, did you mean ${[...new Set(near)].join(", ")} (there are: ${BEHAVIOUR_NAMES.join(", ")})`;
}
