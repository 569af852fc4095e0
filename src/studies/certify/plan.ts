/** @file What `certify` is asked for: its options, and the family of sequences that the proof is about. */
import { InputError } from "../../base/errors.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import { headName, type HeadAt, type HeadChoice } from "../../base/headName.ts";
import { generatedRows, type BosChoice } from "../../inputs/scoreInput.ts";
import { headsCalled } from "../../interventions/headNames.ts";
import { lengthOf, type Family } from "../../measure/certificate/certifiedModel.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import type { Architecture } from "../../models/family.ts";
import type { InputInfo } from "../../results/common.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";

export interface CertifyOptions extends StudyOptions {
  /** Heads of the second layer; left out: the one that attends most to its target on random sequences. */
  readonly heads?: readonly HeadChoice[] | undefined;
  /** How many tokens sequences are made of: the first ids that random rows draw from. Left out: all of them, if they are 64 at most. */
  readonly alphabet?: number | undefined;
  /** Tokens in the two copies together; even. Left out: 16, less if there is no room. */
  readonly seqLen?: number | undefined;
  /** Left out: "auto", on if the model has a BOS. */
  readonly bos?: BosChoice | undefined;
  /** Random sequences that are measured beside the proof; left out: 1000. */
  readonly numExamples?: number | undefined;
  /** Rounds of the search for the sequence with the least attention, of 32 changed sequences each; left out: 100. */
  readonly rounds?: number | undefined;
  /** Of the random sequences and the search; left out: 0. */
  readonly seed?: number | undefined;
}

export const CERTIFY_OPTIONS: OptionNames<CertifyOptions> = {
  ...STUDY_OPTIONS,
  heads: true,
  alphabet: true,
  seqLen: true,
  bos: true,
  numExamples: true,
  rounds: true,
  seed: true,
};

export interface CertifyPlan {
  readonly family: Family;
  /** The family's tokens, then BOS where there is one. */
  readonly ids: readonly number[];
  readonly bosToken: number | null;
  /** Null: the one that attends most. */
  readonly heads: readonly number[] | null;
  readonly examples: number;
  readonly rounds: number;
  readonly seed: number;
  readonly info: InputInfo;
  readonly warnings: readonly string[];
}

/** Tokens and positions that a proof goes through in minutes. */
export const MOST = { tokens: 64, positions: 64 } as const;

/** @throws {InputError} "range" for a family that is too large or too small, "unknown-head", and as `generatedRows` */
export function certifyPlan(architecture: Architecture, options: CertifyOptions): CertifyPlan {
  const { numExamples = 1000, rounds = 100, seed = 0 } = options;
  checkWholeNumber("numExamples", numExamples, 1);
  checkWholeNumber("rounds", rounds, 0);
  const ordinary = Array.from(drawnTokens(architecture).ids);
  const tokens = tokenCount(ordinary.length, options.alphabet);
  const { bos } = options;
  const usual = Math.min(USUAL_PERIOD, tokens);
  const seqLen = options.seqLen ?? 2 * Math.min(usual, roomIn(architecture));
  const { start, period, info, warnings } = generatedRows(architecture, {
    ...{ bos, seed, seqLen, numExamples: 1 },
  });
  const family = { tokens, period, bos: start === 1 };
  if (period > tokens)
    throw new InputError(
      "range",
      `${period} different tokens cannot be drawn from ${tokens}; take fewer tokens in a copy (\`seqLen\`) or a larger \`alphabet\``,
      { option: "seqLen" },
    );
  if (lengthOf(family) > MOST.positions)
    throw new InputError(
      "range",
      `certify takes sequences of up to ${MOST.positions} tokens, got ${lengthOf(family)}`,
      { option: "seqLen" },
    );
  const { bosToken } = info;
  return {
    family,
    ids: [...ordinary.slice(0, tokens), ...(start === 1 ? [bosToken!] : [])],
    bosToken: start === 1 ? bosToken : null,
    heads: options.heads ? secondLayer(headsCalled(options.heads, architecture, "heads")) : null,
    examples: numExamples,
    rounds,
    seed,
    info: { ...info, examples: numExamples, drawn: { ...info.drawn!, tokens } },
    warnings,
  };
}

const USUAL_PERIOD = 8;

function roomIn({ contextLength }: Architecture): number {
  return Math.max(2, Math.floor((contextLength - 1) / 2));
}

function tokenCount(available: number, alphabet: number | undefined): number {
  if (alphabet === undefined && available > MOST.tokens)
    throw new InputError(
      "range",
      `certify goes through up to ${MOST.tokens} tokens and this model has ${available}; name how many of them sequences are made of with \`alphabet\``,
      { option: "alphabet" },
    );
  const count = alphabet ?? available;
  checkWholeNumber("alphabet", count, 2, Math.min(available, MOST.tokens));
  return count;
}

function secondLayer(heads: readonly HeadAt[]): number[] {
  const other = heads.find(({ layer }) => layer !== 1);
  if (other)
    throw new InputError(
      "unknown-head",
      `certify is about heads of the second layer, 1.0 and so on, got ${headName(other)}`,
      { option: "heads" },
    );
  if (heads.length === 0)
    throw new InputError("range", "certify needs at least one head, got none", { option: "heads" });
  return heads.map(({ head }) => head);
}
