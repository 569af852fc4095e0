/** @file A tokenizer of SentencePiece, whatever file its pieces came from. */
import { anyOf, idsBetween, TYPE } from "./pieceTypes.ts";
import { bytesOfPiece } from "./pipelineTokenizer.ts";
import { pieceIds, type Pieces } from "./sentencePieces.ts";
import { tokenizerOf, type Tokenizer, type TokenizerParts } from "./tokenizer.ts";

/** Pieces by id, with a score and a type for each. */
export interface PieceTable {
  readonly tokens: readonly string[];
  readonly scores: readonly number[];
  readonly types: readonly number[];
  /** The id of what has no piece. */
  readonly unknown: number;
}

export interface Spm extends Pick<
  TokenizerParts,
  "description" | "vocabSize" | "specialTokens" | "bos" | "eos" | "bytesOf"
> {
  /** Done to the whole text first; left out: nothing. */
  readonly mark?: (text: string) => string;
  /** Tokens that are found in it before anything is cut. */
  readonly apart: ReadonlyMap<string, number>;
  /** A part between those as it is cut; the first is the one that the text begins with. */
  readonly normalize: (part: string, isFirst: boolean) => string;
  /** Ids of such a part. */
  readonly cut: (normalized: string) => number[];
}

export function spmTokenizer(spm: Spm): Tokenizer {
  const { apart, normalize, cut, mark = (text: string) => text } = spm;
  const words = anyOf([...apart.keys()]);
  const between = (part: string, isFirst: boolean) => cut(normalize(part, isFirst));
  return tokenizerOf({ ...spm, encode: (text) => idsBetween(mark(text), words, apart, between) });
}

/** Text with U+2581 for each space. */
export function markSpaces(text: string): string {
  return text.replaceAll(" ", "\u2581");
}

/** Ids by BPE; pieces of the user are found first, and never join others. */
export function bpeIds(table: PieceTable): (normalized: string) => number[] {
  const pieces = joinablePieces(table);
  const whole = new Map(
    table.tokens.flatMap((token, id) =>
      table.types[id] === TYPE.userDefined ? [[token, id] as const] : [],
    ),
  );
  const words = anyOf([...whole.keys()]);
  return (text) => idsBetween(text, words, whole, (word) => pieceIds(word, pieces));
}

/** What can be joined, the 256 bytes where a vocabulary has all of them, and the unknown token. */
function joinablePieces({ tokens, types, scores, unknown }: PieceTable): Pieces {
  const joinable = new Map<string, { id: number; score: number; unused: boolean }>();
  const bytes = new Map<number, number>();
  tokens.forEach((token, id) => {
    const type = types[id];
    if (type === TYPE.normal || type === TYPE.unused) {
      joinable.set(token, { id, score: scores[id]!, unused: type === TYPE.unused });
    } else if (type === TYPE.byte) {
      const [byte] = bytesOfPiece(token);
      if (byte !== undefined && /^<0x/.test(token)) bytes.set(byte, id);
    }
  });
  const all =
    bytes.size === 256 ? Array.from({ length: 256 }, (_, byte) => bytes.get(byte)!) : null;
  return { joinable, bytes: all, unknown };
}
