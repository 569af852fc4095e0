import { pipelineTokenizer, type Pipeline } from "./pipelineTokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { wordPieceCut } from "./wordPieces.ts";

/** All that WordPiece needs. */
export interface WordPiece extends Omit<Pipeline, "tokens" | "model" | "bytesOf"> {
  readonly vocab: ReadonlyMap<string, number>;
  /** What stands before a piece that continues a word, such as ##. */
  readonly prefix: string;
  /** The token of a word that pieces do not cover, or that is too long. */
  readonly unknown: string;
  /** Characters of the longest word that is cut. */
  readonly longestWord: number;
}

/**
 * BERT's kind. What separates words is lost: the text that ids stand for has one space before each word, and added tokens have
 * none, so it is `" unaffordable , she said[SEP]"`.
 *
 * @throws {InputError} "tokenizer" if ids clash
 */
export function wordPieceTokenizer(parts: WordPiece): Tokenizer {
  const { vocab, prefix, unknown, longestWord } = parts;
  const cut = wordPieceCut({ ids: vocab, prefix, unknown, longestWord });
  const encoder = new TextEncoder();
  const continues = (token: string) => prefix !== "" && token.startsWith(prefix);
  return pipelineTokenizer({
    ...parts,
    tokens: vocab,
    model: { ids: vocab, unknown: vocab.get(unknown) ?? null, cut },
    bytesOf: (token) => encoder.encode(continues(token) ? token.slice(prefix.length) : ` ${token}`),
  });
}
