/** @file A tokenizer of whole words, each with the space before it, for models that have none of their own. */
import { tokenizerOf, type Tokenizer } from "../../../src/text/tokenizer/tokenizer.ts";
import { WORD_TASKS } from "../../../src/studies/fewShot/tasks.ts";

/** @param size ids that there are, 0 being BOS; words of the tasks that do not fit are cut into letters, whose ids come first */
export function wordTokenizer(size: number): Tokenizer {
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCharCode(97 + at));
  const words = WORD_TASKS.flatMap(({ pairs }) => pairs.flat()).map((word) => ` ${word}`);
  const pieces = ["<bos>", "Q:", "A:", "\n", "\n\n", " ", "?", ...letters, ...new Set(words)];
  const known = pieces.slice(0, size);
  const ids = new Map(known.map((piece, id) => [piece, id]));
  const letter = (sign: string) => ids.get(sign.toLowerCase()) ?? ids.get("?")!;
  return tokenizerOf({
    description: "whole words",
    vocabSize: size,
    specialTokens: [],
    bos: { id: 0, addToText: true, why: "a test" },
    encode: (text) =>
      (text.match(/Q:|A:|\n\n|\n| ?[A-Za-z]+|[^]/g) ?? []).flatMap(
        (piece) => ids.get(piece) ?? Array.from(piece, letter),
      ),
    bytesOf: (id) => (id < size ? new TextEncoder().encode(known[id] ?? "?") : null),
  });
}
