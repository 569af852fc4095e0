/** @file Checks of token rows that a user brings: nothing is measured on rows that are not what they claim. */
import { InputError } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";

/**
 * Token rows as a tensor, after checking that they have one length and hold ids of the vocabulary.
 *
 * @param rows token ids, [example][position]
 * @param vocabulary number of token ids of the model
 * @param name what messages call the rows
 * @returns token ids, axes [batch, position]
 * @throws {InputError} "tokens" naming row and position (both 0-based) of the first violation
 */
export function verifyTokens(
  rows: readonly (readonly number[])[],
  vocabulary: number,
  name = "tokens",
): Tensor<Int32Array> {
  const length = rows[0]?.length ?? 0;
  if (length === 0) {
    throw new InputError("tokens", `${name} need at least one row with at least one id, got none`);
  }
  rows.forEach((ids, row) => {
    if (ids.length !== length) {
      throw new InputError(
        "tokens",
        `${name} need rows of equal length, got ${length} ids in row 0 and ${ids.length} in row ${row}`,
      );
    }
    ids.forEach((id, position) => checkId(id, row, position, vocabulary, name));
  });
  return tensor(["batch", "position"], [rows.length, length], Int32Array.from(rows.flat()));
}

/**
 * Refuses rows that do not repeat with the period they claim: tokens[row, p] must equal tokens[row, p - period] for
 * every p from start + period to the end, and there must be two whole copies.
 *
 * @param tokens token ids, axes [batch, position]
 * @throws {InputError} "tokens" naming row and position (both 0-based) of the first violation
 */
export function verifyRepeats(
  tokens: Tensor<Int32Array>,
  { start, period }: { readonly start: number; readonly period: number },
): void {
  const [rows = 0, length = 0] = tokens.shape;
  if (!Number.isSafeInteger(period) || period < 2 || length < start + 2 * period) {
    throw new InputError(
      "tokens",
      `tokens with period ${period} need a period of at least 2 and rows of at least ${start} + 2 x period ids, got rows of ${length}`,
    );
  }
  for (let row = 0; row < rows; row++) {
    for (let position = start + period; position < length; position++) {
      const id = tokens.data[row * length + position]!;
      const earlier = tokens.data[row * length + position - period]!;
      if (id === earlier) continue;
      throw new InputError(
        "tokens",
        `tokens claim period ${period}, but row ${row} has ${id} at position ${position} and ${earlier} at position ${position - period}`,
      );
    }
  }
}

function checkId(
  id: unknown,
  row: number,
  position: number,
  vocabulary: number,
  name: string,
): void {
  if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < vocabulary) return;
  throw new InputError(
    "tokens",
    `${name} need whole ids from 0 to ${vocabulary - 1}, got ${JSON.stringify(id) ?? String(id)} in row ${row} at position ${position}`,
  );
}
