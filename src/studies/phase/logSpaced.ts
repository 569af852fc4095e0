/**
 * At most `count` of `checkpoints`, as evenly as they allow over log step: the first and the last, then again and again
 * the one that lies furthest from those chosen; of two the earlier. Step 0 counts as half of the first step after it.
 *
 * @param checkpoints by rising step
 * @param count 2 or more
 * @returns those chosen, in their order
 */
export function logSpaced<Checkpoint extends { readonly step: number }>(
  checkpoints: readonly Checkpoint[],
  count: number,
): readonly Checkpoint[] {
  if (checkpoints.length <= count) return checkpoints;
  const least = checkpoints.find(({ step }) => step > 0)!.step;
  const places = checkpoints.map(({ step }) => Math.log(step || least / 2));
  const chosen = new Set([0, checkpoints.length - 1]);
  const nearest = places.map((place) =>
    Math.min(...[...chosen].map((index) => Math.abs(place - places[index]!))),
  );
  while (chosen.size < count) {
    const next = nearest.reduce((best, far, index) => (far > nearest[best]! ? index : best), 0);
    chosen.add(next);
    for (const [index, place] of places.entries())
      nearest[index] = Math.min(nearest[index]!, Math.abs(place - places[next]!));
  }
  return checkpoints.filter((_, index) => chosen.has(index));
}
