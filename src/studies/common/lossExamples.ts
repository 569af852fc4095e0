import { checkWholeNumber } from "../../base/checkWholeNumber.ts";

const LOSS_EXAMPLES = 10;

/**
 * How many of the rows also give losses: as asked for, or 10. The default shrinks to what there is; a number that was asked for
 * does not.
 *
 * @throws {InputError} "range" for a number that is not from 0 to `examples`
 */
export function lossExamplesOf(lossChoice: number | "all" | undefined, examples: number): number {
  if (lossChoice === "all") return examples;
  if (lossChoice === undefined) return Math.min(LOSS_EXAMPLES, examples);
  checkWholeNumber("lossExamples", lossChoice, 0, examples);
  return lossChoice;
}
