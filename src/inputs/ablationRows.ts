/** @file The rows of an ablation: those that are measured, and the reference rows that means and samples come from. */
import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import type { Architecture } from "../models/family.ts";
import { verifyTokens } from "../text/patterns/verifyTokens.ts";
import {
  generatedRows,
  ownRows,
  GENERATED_INPUT,
  type GeneratedInput,
  type OwnTokens,
  type RepeatedRows,
} from "./scoreInput.ts";
import { OTHER_SEEDS } from "./otherSeeds.ts";
import { PAIR_EXAMPLES } from "./pair.ts";
import type { OptionNames } from "../base/optionNames.ts";

export interface AblationInput extends GeneratedInput {
  /** Measure these rows in place of generated ones; `reference` rows have the same length. */
  readonly rows?:
    (OwnTokens & { readonly reference?: readonly (readonly number[])[] | undefined }) | undefined;
  /** Reference rows to generate; left out: 64. */
  readonly referenceExamples?: number | undefined;
}

export const ABLATION_INPUT: OptionNames<AblationInput> = {
  ...GENERATED_INPUT,
  rows: true,
  referenceExamples: true,
};

export interface AblationRows extends RepeatedRows {
  /** Token ids, axes [batch, position], of the same length as `tokens`. */
  readonly reference: Tensor<Int32Array>;
  readonly referenceWhat: string;
}

const REFERENCE_EXAMPLES = 64;

/**
 * Rows to measure and, apart from them, rows of the same kind to take means and samples from.
 *
 * @throws {InputError} "reference" for own reference rows of another length, and as `generatedRows` and `ownRows`
 */
export async function ablationRows(
  architecture: Architecture,
  { rows: own, referenceExamples = REFERENCE_EXAMPLES, ...options }: AblationInput,
): Promise<AblationRows> {
  if (own) {
    const rows = await ownRows(architecture, own);
    if (!own.reference)
      return { ...rows, reference: rows.tokens, referenceWhat: "the measured rows themselves" };
    const reference = verifyTokens(own.reference, architecture.vocabulary);
    if (reference.shape[1] !== rows.tokens.shape[1])
      throw new InputError(
        "reference",
        `reference rows need the length of the measured rows, ${rows.tokens.shape[1]}, got ${reference.shape[1]}`,
      );
    return { ...rows, reference, referenceWhat: "the given rows" };
  }
  const rows = generatedRows(architecture, options, PAIR_EXAMPLES);
  const seed = (options.seed ?? 0) + OTHER_SEEDS.reference;
  const reference = generatedRows(architecture, {
    ...options,
    seqLen: 2 * rows.period,
    seed,
    numExamples: referenceExamples,
  });
  return {
    ...rows,
    reference: reference.tokens,
    referenceWhat: `repeated rows of seed ${seed}, none of them measured`,
  };
}
