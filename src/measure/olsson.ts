/** @file Prefix matching of Olsson et al. 2022 (arXiv:2209.11895), in the readings that its text allows. */
import type { Tensor } from "../base/tensor.ts";
import { checkRepeats, type Repeats } from "./repeats.ts";
import { entryMeanTable, queryMeanTable, type Entry } from "./weightTable.ts";

/**
 * `perEntry`: mean over all (query, earlier copy) pairs of A[q, q - mS + 1]. On four copies of 25 tokens there are 150
 * pairs for 75 queries, so a perfect head has 0.500 and uniform attention .0154.
 *
 * `perQuery`: mean over queries of the sum over earlier copies m of A[q, q - mS + 1]: perfect 1.000, uniform .0307.
 *
 * `literal`: as `perEntry` with A[q, q - mS - 1], the token that "preceded" the earlier copy, as the appendix says
 * word for word. A perfect induction head has 0: offered to compare with those who report it, not for use.
 */
export const OLSSON_READINGS = ["perEntry", "perQuery", "literal"] as const;
export type OlssonReading = (typeof OLSSON_READINGS)[number];

/**
 * The prefix-matching score of Olsson et al. on a block of S = period tokens that stands two or more times.
 *
 * The queries are those of the second copy and all later ones, as far as whole copies go; m = 1 ... copies before q's.
 *
 * @param reading see {@link OLSSON_READINGS}; for two copies `perEntry` and `perQuery` are the strict induction score
 * @returns the weight table, axes [query, key]. Range 0 to the ceiling above; uniform attention scores the sum of table
 *   entries over q + 1
 * @throws {InputError} "range" unless the repeats fit
 * @see Olsson et al., appendix "Head activation evaluators". Theirs is 25 tokens x 4 after a start token, leaving out
 *   the most and least common tokens; which tokens are drawn is for the caller to say
 */
export function olssonTable(repeats: Repeats, reading: OlssonReading): Tensor {
  checkRepeats("olssonTable", repeats);
  const { start, period, length } = repeats;
  const copies = Math.floor((length - start) / period);
  const after = reading === "literal" ? -1 : 1;
  const queries = Array.from({ length: (copies - 1) * period }, (_, row) => start + period + row);
  const keysOf = (query: number) =>
    Array.from(
      { length: Math.floor((query - start) / period) },
      (_, copy) => query - (copy + 1) * period + after,
    ).filter((key) => key >= 0);
  if (reading === "perQuery") return queryMeanTable(length, queries, keysOf);
  const entries = queries.flatMap((query): Entry[] => keysOf(query).map((key) => ({ query, key })));
  return entryMeanTable(length, entries);
}
