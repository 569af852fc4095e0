/** @file A tokenizer of SentencePiece's BPE, whatever file its pieces came from. */
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
  readonly pieces: Pieces;
  /** Done to the whole text first; left out: spaces become U+2581. */
  readonly mark?: (text: string) => string;
  /** Tokens that are found in it before anything is cut. */
  readonly apart: ReadonlyMap<string, number>;
  /** Pieces that are found in what is between those, after what stands in front of it, and never join others. */
  readonly whole?: ReadonlyMap<string, number>;
  /** What stands in front of a part of a text: of the first, if the text begins with it, and of others. */
  readonly prefix: (isFirst: boolean) => string;
  /** Done to each part before that; left out: nothing. */
  readonly normalize?: (part: string) => string;
}

export function spmTokenizer(spm: Spm): Tokenizer {
  const { pieces, apart, whole = new Map<string, number>(), prefix } = spm;
  const { mark = markSpaces, normalize = (part: string) => part } = spm;
  const [cutApart, cutWhole] = [anyOf([...apart.keys()]), anyOf([...whole.keys()])];
  const plain = (part: string, isFirst: boolean) => {
    const text = normalize(part);
    if (text === "") return [];
    return idsBetween(prefix(isFirst) + text, cutWhole, whole, (word) => pieceIds(word, pieces));
  };
  return tokenizerOf({
    ...spm,
    encode: (text) => idsBetween(mark(text), cutApart, apart, plain),
  });
}

/** Text with U+2581 for each space. */
export function markSpaces(text: string): string {
  return text.replaceAll(" ", "\u2581");
}

/** What can be joined, the 256 bytes where a vocabulary has all of them, and the unknown token. */
export function joinablePieces({ tokens, types, scores, unknown }: PieceTable): Pieces {
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
