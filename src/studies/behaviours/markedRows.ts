/** @file Rows of random words with marks between them, and the same words with words in place of the marks. */
import type { Tensor } from "../../base/tensor.ts";
import { doesNotFit, needsWords, variantRows, type RowSource } from "./scene.ts";

/**
 * Rows of one shape in two variants: `marked`, and `words`, where a word stands in place of every mark.
 *
 * @param shape a row without BOS: `x` for a word, every other character for the mark that it is
 * @returns a sentence where there is no tokenizer, no token for a mark, or no room
 */
export function markedRows<Marked extends string>(
  source: RowSource,
  shape: string,
  marked: Marked,
): Record<Marked | "words", Tensor<Int32Array>> | string {
  const { words } = source;
  if (!words) return needsWords();
  const marks = [...new Set(shape)].filter((sign) => sign !== "x");
  const ids = new Map(marks.map((mark) => [mark, words.mark(mark)]));
  const missing = marks.filter((mark) => ids.get(mark) === null);
  if (missing.length > 0) return `the tokenizer has no token for ${missing.join(" ")}`;
  const inLetters = { ...source, ordinary: words.letters };
  const why = doesNotFit(inLetters, { length: shape.length, distinct: shape.length });
  if (why !== null) return why;
  return variantRows(inLetters, shape.length, [marked, "words"], (draw, variant) =>
    draw.map((id, at) => (variant === marked ? (ids.get(shape[at]!) ?? id) : id)),
  );
}

/** Whether it is a word after a word: a previous-token head would look at a mark. */
export function isBareWord(shape: string, at: number): boolean {
  return shape[at] === "x" && shape[at - 1] === "x";
}
