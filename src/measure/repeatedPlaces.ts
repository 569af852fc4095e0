/** A place where a row repeats itself: the token at `target` came after the last earlier token that equals the one at `query`. */
export interface RepeatedPlace {
  readonly query: number;
  readonly target: number;
}

/**
 * Every position whose token was there before and is followed by the same token as then: what induction can predict.
 *
 * With q the query and k the last position before it with ids[k] = ids[q]: k + 1 < q and ids[k + 1] = ids[q + 1]; target = k + 1.
 */
export function repeatedPlaces(ids: readonly number[]): RepeatedPlace[] {
  return ids.slice(0, -1).flatMap((id, query) => {
    const before = query === 0 ? -1 : ids.lastIndexOf(id, query - 1);
    const isRepeat = before >= 0 && before + 1 < query && ids[before + 1] === ids[query + 1];
    return isRepeat ? [{ query, target: before + 1 }] : [];
  });
}
