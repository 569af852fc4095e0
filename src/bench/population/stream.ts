/** @file The residual stream of a planted model before it is disguised: named blocks of equal width. */

/**
 * What a block holds. `half`: the token, if it is odd, else nothing.
 * `previous`: the token before, written by a head. `pointer`: the position of the earlier copy.
 * `derived`: what an MLP made of the token. `prediction` and `shadow`: tokens to predict, both read by the unembedding.
 * `aside`: nobody reads it. Two are not blocks: `constant`, the entry that never varies, is read only; `mean`, the entry that
 * becomes the mean over entries, is written only.
 */
export type Block =
  | "token"
  | "half"
  | "position"
  | "previous"
  | "pointer"
  | "derived"
  | "prediction"
  | "shadow"
  | "aside"
  | "constant"
  | "mean";

export interface Stream {
  readonly width: number;
  readonly dModel: number;
  readonly blocks: readonly Block[];
  /** The entry that is `constant` at every position: what biases are made of, and why norms hardly vary. */
  readonly oneAt: number;
  readonly constant: number;
  /** The entry that only the first position has. */
  readonly start: number;
  /** First entry of a block. */
  readonly at: (block: Block) => number;
}

/** Entry 0 stays empty but for writers of the mean: a disguise turns it into the mean over entries, which layer norm takes off. */
const MEAN = 0;
const ONE = 1;
const START = 2;
const FIRST_BLOCK = 3;
const CONSTANT = 12;
/** Single entries that heads read or write like blocks. */
export const SINGLE = { constant: ONE, mean: MEAN } as const;

/** @param least the stream is filled up to this many entries with empty ones */
export function streamOf(width: number, blocks: readonly Block[], least = 0): Stream {
  return {
    width,
    blocks,
    dModel: Math.max(least, FIRST_BLOCK + width * blocks.length),
    oneAt: ONE,
    constant: CONSTANT,
    start: START,
    at: (block) => {
      if (block in SINGLE) return SINGLE[block as keyof typeof SINGLE];
      const index = blocks.indexOf(block);
      if (index < 0) throw new Error(`internal: the stream has no block ${block}`);
      return FIRST_BLOCK + width * index;
    },
  };
}
