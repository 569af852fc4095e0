import { bytesOfPiece, pipelineTokenizer, type Pipeline } from "./pipelineTokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { byteTokens, unigramCut } from "./unigram.ts";

/** All that Unigram needs. */
export interface Unigram extends Omit<Pipeline, "tokens" | "model" | "bytesOf"> {
  /** Pieces with their log probabilities, in the order of their ids. */
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  /** The id of what no piece covers; null if there is none. */
  readonly unknown: number | null;
  /** Whether what no piece covers becomes bytes where the vocabulary has them. */
  readonly byteFallback: boolean;
}

/**
 * The kind of T5, mBART, XLM-R and ALBERT. Of a piece that stands twice the last id counts, as in the reference.
 *
 * @throws {InputError} "tokenizer" if ids clash
 */
export function unigramTokenizer(parts: Unigram): Tokenizer {
  const { pieces, unknown, byteFallback } = parts;
  const tokens = pieces.map(([piece], id) => [piece, id] as const);
  const ids = new Map(tokens);
  const cut = unigramCut({ ids, scores: pieces.map(([, score]) => score), unknown });
  const words = byteFallback
    ? (word: string) => cut(word).flatMap((part) => byteTokens(part, ids))
    : cut;
  return pipelineTokenizer({
    ...parts,
    tokens,
    model: { ids, unknown, cut: words },
    bytesOf: bytesOfPiece,
  });
}
