import { InputError } from "../../base/errors.ts";

/**
 * The token ids that random sequences are drawn from: all of the vocabulary but the model's special ids.
 *
 * @param vocabulary number of token ids
 * @param specialIds ids to leave out, such as BOS and padding, in any order, repeated or not; those outside the
 *   vocabulary leave out nothing
 * @returns the other ids, ascending
 * @throws {InputError} "range" if the vocabulary is not a positive whole number
 */
export function ordinaryTokens(vocabulary: number, specialIds: readonly number[]): Int32Array {
  if (!Number.isSafeInteger(vocabulary) || vocabulary < 1) {
    throw new InputError(
      "range",
      `ordinaryTokens needs a vocabulary of at least 1, got ${vocabulary}`,
    );
  }
  const special = new Set(specialIds);
  const ids = new Int32Array(vocabulary);
  let count = 0;
  for (let id = 0; id < vocabulary; id++) if (!special.has(id)) ids[count++] = id;
  return ids.slice(0, count);
}
