/** @file TransformerLens' and ARENA's scores by diagonals of the pattern, as they compute them. */
import type { Tensor } from "../base/tensor.ts";
import { checkRepeats, type Repeats } from "./repeats.ts";
import { entryMeanTable } from "./weightTable.ts";

/**
 * The mean of a whole diagonal of the pattern: `pattern.diagonal(offset).mean()`.
 *
 * score = mean over q = distance ... length - 1 of A[q, q - distance].
 *
 * @param distance tokens from key to query, 0 or more
 * @returns the weight table, axes [query, key]. Range 0 to 1; uniform causal attention scores the mean of 1 / (q + 1)
 * @throws {InputError} "range" if the diagonal is empty
 */
export function diagonalTable(length: number, distance: number): Tensor {
  const rows = Math.max(0, length - distance);
  return entryMeanTable(
    length,
    Array.from({ length: rows }, (_, key) => ({ query: key + distance, key })),
  );
}

/**
 * The induction score of TransformerLens' demos (`offset=1-S`, on `r r`) and of ARENA (`diagonal(-S+1)`, on `BOS r r`).
 *
 * score = mean over q = S - 1 ... length - 1 of A[q, q - S + 1]. Of its length - S + 1 entries, S are induction. Those at
 * q = S - 1 (and q = S with BOS) are attention to the first token (and the token after it), so a head that rests on
 * BOS has .019 for S = 50, and a perfect induction head 51/52 = .981 with BOS; without BOS it has 1 only because it
 * rests on token 0.
 *
 * @returns the weight table, axes [query, key]; null as {@link diagonalTable}
 * @throws {InputError} "range" unless the repeats fit
 * @see TransformerLens demos Main_Demo and Exploratory_Analysis_Demo; ARENA 1.2, with a threshold of .4
 */
export function offsetDiagonalTable(repeats: Repeats): Tensor {
  checkRepeats("the diagonal of induction", repeats);
  return diagonalTable(repeats.length, repeats.period - 1);
}

/**
 * ARENA's first-token score: `pattern[:, 0].mean()`, the row of the first token, which sees nothing else, included.
 *
 * score = mean over q = 0 ... length - 1 of A[q, 0]. Every head has at least 1 / length.
 */
export function firstColumnTable(length: number): Tensor {
  return entryMeanTable(
    length,
    Array.from({ length }, (_, query) => ({ query, key: 0 })),
  );
}
