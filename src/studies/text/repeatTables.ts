/** @file Groups of a text's repeats and the weight table of each: by n-gram length, and by how far back the copy lies. */
import { tensor, type Tensor } from "../../base/tensor.ts";
import { LONGEST_NGRAM, type Repeat } from "../../text/repeats.ts";

/** Which repeats belong together. */
export interface RepeatClass {
  readonly name: string;
  readonly ngram: number | null;
  readonly distance: readonly [number, number] | null;
  /** Attention is summed over what followed every earlier copy, not only the one that agrees longest. */
  readonly everyCopy: boolean;
}

/** A repeat with the keys after all earlier copies of its token, the one that agrees longest among them. */
export interface RepeatWithKeys extends Repeat {
  readonly keys: readonly number[];
}

/** All; by n-gram, 1 to 4; by distance in octaves up to `length`; all again, summed over every copy. */
export function repeatClasses(length: number): RepeatClass[] {
  const octaves = Math.max(0, Math.ceil(Math.log2(length)) - 1);
  const any = { ngram: null, distance: null, everyCopy: false };
  return [
    { ...any, name: "all" },
    ...Array.from({ length: LONGEST_NGRAM }, (_, index) => ({
      name: ngramName(index + 1),
      ...any,
      ngram: index + 1,
    })),
    ...Array.from({ length: octaves }, (_, octave) => {
      const least = 2 ** (octave + 1);
      const distance = [least, 2 * least] as const;
      return { ...any, name: `${least} to ${2 * least - 1} back`, distance };
    }),
    { ...any, name: "every copy", everyCopy: true },
  ];
}

function ngramName(tokens: number): string {
  if (tokens === LONGEST_NGRAM) return `${LONGEST_NGRAM} tokens or more`;
  return tokens === 1 ? "1 token" : `${tokens} tokens`;
}

/** Whether a repeat belongs to a class. */
export function isOf(
  { ngram, distance }: Pick<RepeatClass, "ngram" | "distance">,
  repeat: Repeat,
): boolean {
  const near =
    distance === null || (repeat.distance >= distance[0] && repeat.distance < distance[1]);
  return near && (ngram === null || repeat.ngram === ngram);
}

/** Keys whose attention a class sums for a repeat. */
export function keysOf(
  { everyCopy }: RepeatClass,
  { key, keys }: RepeatWithKeys,
): readonly number[] {
  return everyCopy ? keys : [key];
}

/**
 * One table for each class: 1 at (query, key) of every repeat of it, so that contracting with a pattern sums attention.
 *
 * @returns axes [measure, query, key]
 */
export function repeatTables(
  classes: readonly RepeatClass[],
  repeats: readonly RepeatWithKeys[],
  length: number,
): Tensor {
  const data = new Float32Array(classes.length * length * length);
  classes.forEach((repeatClass, measure) => {
    for (const repeat of repeats)
      if (isOf(repeatClass, repeat))
        for (const key of keysOf(repeatClass, repeat))
          data[(measure * length + repeat.query) * length + key] = 1;
  });
  return tensor(["measure", "query", "key"], [classes.length, length, length], data);
}
