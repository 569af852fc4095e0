import { random, type Random } from "../../base/random.ts";

/**
 * Rows of a random bigram language in which spans come back: after each token, with probability `repeats`, a span of
 * `minSpan` to `maxSpan` earlier tokens is said again; otherwise one of the token's `successors` follows, at even chances.
 *
 * The table of successors is that of the seed, the same in all rows. A bigram model reaches ln(successors) nats outside
 * repeats, and induction is what gets below it inside them.
 */
export function bigramRow(
  {
    successors,
    repeats,
    minSpan,
    maxSpan,
  }: {
    readonly successors: number;
    readonly repeats: number;
    readonly minSpan: number;
    readonly maxSpan: number;
  },
  { vocabulary, seed }: { readonly vocabulary: number; readonly seed: number },
): (draw: Random, length: number) => Int32Array {
  const tables = random(seed, -1);
  const next = Array.from({ length: vocabulary }, () => tables.distinct(successors, vocabulary));
  return (draw, length) => {
    const row = new Int32Array(length);
    row[0] = draw.integer(0, vocabulary - 1);
    let filled = 1;
    while (filled < length) {
      const span = draw.integer(minSpan, maxSpan);
      if (filled >= 2 * span && draw.uniform() < repeats) {
        const start = draw.integer(0, filled - span);
        const end = Math.min(start + span, start + length - filled);
        row.copyWithin(filled, start, end);
        filled += end - start;
      } else {
        row[filled] = next[row[filled - 1]!]![draw.integer(0, successors - 1)]!;
        filled++;
      }
    }
    return row;
  };
}
