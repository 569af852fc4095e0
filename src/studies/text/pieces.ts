/** @file Texts in pieces that a model has room for. */
import type { Sequences } from "../../inputs/sequences.ts";
import { LEAST_PIECE } from "./plan.ts";

/** Texts in pieces that the model has room for, each after BOS where the text begins with it; a tail of a few tokens is left. */
export function cutUp(sequences: Sequences, most: number): Sequences {
  const pieces = sequences.sequences.flatMap((sequence, index) => {
    const start = sequences.starts[index]!;
    const step = most - start;
    const count = Math.max(1, Math.ceil((sequence.tokens.length - start) / step));
    return Array.from({ length: count }, (_, piece) => {
      const [from, end] = [start + piece * step, start + (piece + 1) * step];
      const part = <Item>(all: readonly Item[]) => [
        ...all.slice(0, start),
        ...all.slice(from, end),
      ];
      return {
        start,
        piece,
        tokens: part(sequence.tokens),
        pieces: part(sequence.pieces),
        text: null,
      };
    });
  });
  const longPieces = pieces.filter(
    ({ tokens, piece }) => piece === 0 || tokens.length >= LEAST_PIECE,
  );
  return {
    ...sequences,
    sequences: longPieces.map(({ tokens, pieces: texts }) => ({
      tokens,
      pieces: texts,
      text: null,
    })),
    starts: longPieces.map(({ start }) => start),
    info: {
      ...sequences.info,
      examples: longPieces.length,
      length: Math.max(...longPieces.map(({ tokens }) => tokens.length)),
    },
  };
}
