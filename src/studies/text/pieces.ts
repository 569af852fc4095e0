/** @file Texts in pieces that a model has room for. */
import type { Sequences } from "../../inputs/sequences.ts";
import { LEAST_PIECE } from "./plan.ts";

/** Texts in pieces that the model has room for, each after BOS where the text begins with it; a tail of a few tokens is left. */
export function cutUp(found: Sequences, most: number): Sequences {
  const pieces = found.sequences.flatMap((sequence, index) => {
    const start = found.starts[index]!;
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
  const kept = pieces.filter(({ tokens, piece }) => piece === 0 || tokens.length >= LEAST_PIECE);
  return {
    ...found,
    sequences: kept.map(({ tokens, pieces: shown }) => ({ tokens, pieces: shown, text: null })),
    starts: kept.map(({ start }) => start),
    info: {
      ...found.info,
      examples: kept.length,
      length: Math.max(...kept.map(({ tokens }) => tokens.length)),
    },
  };
}
