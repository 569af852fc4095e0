/** @file What `fingerprint` is asked for: its options, and the plan with every default in place. */
import { controlHeads } from "../../interventions/controlHeads.ts";
import { random } from "../../base/random.ts";
import type { HeadAt, HeadChoice } from "../../base/headName.ts";
import { GENERATED_INPUT, type GeneratedInput } from "../../inputs/scoreInput.ts";
import { allHeads, headsCalled } from "../../interventions/headNames.ts";
import type { Architecture } from "../../models/family.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface FingerprintOptions extends GeneratedInput, StudyOptions {
  /** Heads, layer.head. */
  readonly heads: readonly HeadChoice[];
  /** Random heads of the same layers to compare with; left out: 20, fewer if there are fewer. */
  readonly nullHeads?: number | undefined;
}

export const FINGERPRINT_OPTIONS: OptionNames<FingerprintOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  heads: true,
  nullHeads: true,
};

/** What is asked for, with every default in place. */
export interface FingerprintPlan {
  readonly heads: readonly HeadAt[];
  /** Random heads of the same layers. */
  readonly nulls: readonly HeadAt[];
}

/** With fewer null heads a Result warns. */
export const WANTED_NULLS = 20;

/** @throws {InputError} "unknown-head" */
export function fingerprintPlan(
  architecture: Architecture,
  { heads: choices, nullHeads = WANTED_NULLS, seed = 0 }: FingerprintOptions,
): FingerprintPlan {
  const heads = headsCalled(choices, architecture, "heads");
  const draw = random(seed, 1);
  const nulls = controlHeads(allHeads(architecture), nullHeads, {
    layersOf: heads,
    not: heads,
    draw,
  });
  return { heads, nulls };
}
