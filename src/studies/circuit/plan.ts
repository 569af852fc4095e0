/** @file What `circuit` is asked for: its options, and the plan with every default in place. */
import type { HeadAt, HeadChoice } from "../../base/headName.ts";
import { headsCalled } from "../../interventions/headNames.ts";
import type { Architecture } from "../../models/family.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface CircuitOptions extends StudyOptions {
  /** Heads to look at token by token, `5.*` for all of a layer; left out: none. */
  readonly heads?: readonly HeadChoice[] | undefined;
  /** Pairs in the list of the strongest, for each route; left out: 10. */
  readonly topPairs?: number | undefined;
  /** Tokens tried for accuracy; more than the vocabulary: all of it. Left out: 8,192. */
  readonly circuitTokens?: number | undefined;
  /** Directions and tokens of each to list; left out: 5. */
  readonly topK?: number | undefined;
}

export const CIRCUIT_OPTIONS: OptionNames<CircuitOptions> = {
  ...STUDY_OPTIONS,
  heads: true,
  topPairs: true,
  circuitTokens: true,
  topK: true,
};

/** What is asked for, with every default in place. */
export interface CircuitPlan {
  readonly heads: readonly HeadAt[];
  readonly topPairs: number;
  readonly circuitTokens: number;
  readonly topK: number;
}

/** @throws {InputError} "unknown-head" */
export function circuitPlan(architecture: Architecture, options: CircuitOptions): CircuitPlan {
  return {
    heads: headsCalled(options.heads ?? [], architecture, "heads"),
    topPairs: options.topPairs ?? 10,
    circuitTokens: options.circuitTokens ?? 8192,
    topK: options.topK ?? 5,
  };
}
