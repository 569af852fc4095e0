import { InputError } from "../base/errors.ts";
import { random } from "../base/random.ts";
import { shapeOf, type Tensor, type TensorData } from "../base/tensor.ts";

/** Options of the test, all of them in the Result. */
export interface SignFlipOptions {
  /** Gain that still counts as nothing. Default .05: "no difference" at all would call half of all heads. */
  readonly margin?: number | undefined;
  readonly seed?: number | undefined;
  /** Flips per head; at least 20 x heads, the default. */
  readonly flips?: number | undefined;
  /** False-discovery rate that p must be able to reach over this many heads. Default .05. */
  readonly level?: number | undefined;
}

/**
 * Whether each head's gain exceeds a margin: one-sided paired sign-flip test, the unit is the sequence.
 *
 * H0: gain <= margin. With d = gain - margin per sequence, the mean of d is compared with B means in which every sequence's d
 * has a random sign, the same signs for all heads: p = (1 + number of means >= the observed) / (1 + B).
 *
 * @param gains axes [head, sequence]; gain = score - max(D, R) on the same rows
 * @returns one p per head, or null for all if so few sequences cannot reach the level: the least p is 2^-n, and
 *   Benjamini-Hochberg needs level / heads from the first head (13 sequences for 270 heads)
 * @throws {InputError} "range" if fewer than 20 flips per head are asked
 */
export function signFlipTest(
  gains: Tensor<TensorData>,
  { margin = 0.05, seed = 0, flips, level = 0.05 }: SignFlipOptions = {},
): (number | null)[] {
  const [heads, sequences] = shapeOf(gains, ["head", "sequence"]);
  const draws = flips ?? Math.max(1000, 20 * heads);
  if (draws < 20 * heads) {
    throw new InputError(
      "range",
      `the sign-flip test needs at least 20 flips per head, got ${draws} for ${heads} heads`,
    );
  }
  if (sequences < fewestSequences(heads, level)) return new Array<null>(heads).fill(null);
  const observed = new Float64Array(heads);
  const centred = Float64Array.from(gains.data, (gain) => gain - margin);
  centred.forEach((value, place) => (observed[Math.floor(place / sequences)]! += value));
  const above = new Float64Array(heads);
  const { integer } = random(seed);
  for (let draw = 0; draw < draws; draw++) {
    const signs = Int8Array.from({ length: sequences }, () => 2 * integer(0, 1) - 1);
    for (let head = 0; head < heads; head++) {
      let sum = 0;
      for (let sequence = 0; sequence < sequences; sequence++) {
        sum += signs[sequence]! * centred[head * sequences + sequence]!;
      }
      if (sum >= observed[head]! - 1e-12 * Math.abs(observed[head]!)) above[head]! += 1;
    }
  }
  return Array.from(above, (count) => (1 + count) / (1 + draws));
}

/** How many sequences the test needs so that one head among `heads` can be found: the least n with 2^-n <= level / heads. */
export function fewestSequences(heads: number, level = 0.05): number {
  return Math.ceil(Math.log2(heads / level));
}
