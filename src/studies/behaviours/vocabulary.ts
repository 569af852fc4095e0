/** @file What a tokenizer's words, brackets and marks are, for rows that need more than random ids. */
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import { CONCEPTS } from "./concepts.ts";

/** Two tokens of one word, such as ` house` and `house`. */
export type FormPair = readonly [one: number, other: number];

/** Tokens by what they are as text. */
export interface RowVocabulary {
  /** Ids that are letters alone, a space before them or none. */
  readonly letters: Int32Array;
  /** Words of three letters or more in two forms: with and without the space before, or in small letters and with a capital. */
  readonly forms: readonly FormPair[];
  /** Words of the shipped list that are exactly so many tokens, by that number; no token stands in two of them. */
  readonly concepts: ReadonlyMap<number, readonly (readonly number[])[]>;
  /** The id of a mark such as `(`, where it is one token; a space before it counts as the mark. */
  readonly mark: (mark: string) => number | null;
  /** The id whose text is exactly this, a space before it included; null where it takes several tokens. */
  readonly piece: (text: string) => number | null;
}

/** @param ids those that rows may be made of */
export function rowVocabulary(tokenizer: Tokenizer, ids: Int32Array): RowVocabulary {
  const pieces = tokenizer.pieces([...ids]);
  const byPiece = new Map(pieces.map((piece, index) => [piece, ids[index]!]));
  const letters = ids.filter((_, index) => /^ ?\p{L}+$/u.test(pieces[index]!));
  return {
    letters,
    forms: formPairs(byPiece),
    concepts: conceptsIn(tokenizer),
    piece: (text) => byPiece.get(text) ?? null,
    mark: (mark) => byPiece.get(mark) ?? byPiece.get(` ${mark}`) ?? singleToken(tokenizer, mark),
  };
}

/** Each word once, in the order of the vocabulary: ` word` beside `word`, else beside ` Word`. */
function formPairs(byPiece: ReadonlyMap<string, number>): FormPair[] {
  return [...byPiece].flatMap(([piece, id]): FormPair[] => {
    const [, word] = /^ ([a-z]{3,})$/.exec(piece) ?? [];
    if (word === undefined) return [];
    const capital = ` ${word[0]!.toUpperCase()}${word.slice(1)}`;
    const other = byPiece.get(word) ?? byPiece.get(capital);
    return other === undefined ? [] : [[id, other]];
  });
}

function conceptsIn(tokenizer: Tokenizer): Map<number, number[][]> {
  const concepts = new Map<number, number[][]>();
  const used = new Map<number, Set<number>>();
  for (const word of CONCEPTS) {
    const ids = withoutSpace(tokenizer, tokenizer.encode(` ${word}`));
    const idsInUse = used.get(ids.length) ?? new Set<number>();
    if (new Set(ids).size < ids.length || ids.some((id) => idsInUse.has(id))) continue;
    ids.forEach((id) => idsInUse.add(id));
    used.set(ids.length, idsInUse);
    concepts.set(ids.length, [...(concepts.get(ids.length) ?? []), ids]);
  }
  return concepts;
}

/** Some tokenizers put a token of nothing but a space before a word. */
function withoutSpace(tokenizer: Tokenizer, ids: readonly number[]): number[] {
  const [first] = tokenizer.pieces(ids);
  return first?.trim() === "" ? ids.slice(1) : [...ids];
}

function singleToken(tokenizer: Tokenizer, text: string): number | null {
  const ids = tokenizer.encode(text);
  return ids.length === 1 ? ids[0]! : null;
}
