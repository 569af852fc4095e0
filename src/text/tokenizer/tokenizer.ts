/** @file What every tokenizer can do, whatever file it came from. */
import { InputError } from "../../base/errors.ts";

/** A token that stands for something other than text, such as the end of a document. */
export interface SpecialToken {
  readonly id: number;
  readonly content: string;
}

/** Whether text begins with a BOS token, and why. */
export interface BosPolicy {
  /** The id that the tokenizer's files name as BOS, or null if they name none. */
  readonly id: number | null;
  /** Whether those files ask for it before a text. `encode` never adds it: whoever feeds a model does. */
  readonly addToText: boolean;
  /** What follows it before a text, where the files put more than one token there (GLM: `[gMASK]`, then `<sop>`). */
  readonly more?: readonly number[] | undefined;
  /** Which file says so, in words. */
  readonly why: string;
  /** The file, or the class that a file names; null or left out where there is none. */
  readonly source?: string | null | undefined;
}

/** The token that the tokenizer's files put behind every text, and which file says so, in words. */
export interface EosPolicy {
  readonly id: number;
  readonly why: string;
}

/** First byte and one past the last, in UTF-8. */
export type ByteRange = readonly [start: number, end: number];

/**
 * Text to token ids and back.
 *
 * The text that ids stand for is the *normalised* text: lone surrogates are U+FFFD, the tokenizer's own normalisation is
 * done (such as NFC), and a space is in front where the tokenizer puts one. `decode` gives it whole, `pieces` in parts,
 * `ranges` as bytes of it. This differs from Hugging Face's `decode`, which takes the first space away again.
 */
export interface Tokenizer {
  /** What kind it is and where from, in words. */
  readonly description: string;
  /** Largest id plus one. */
  readonly vocabSize: number;
  readonly specialTokens: readonly SpecialToken[];
  readonly bos: BosPolicy;
  /** Left out or null where the files put nothing behind a text. `encode` never adds it: whoever feeds a model decides. */
  readonly eos?: EosPolicy | null | undefined;
  /** Token ids of `text`, nothing added. The names of special tokens in it become those tokens. */
  encode(text: string): number[];
  /** The normalised text of these ids, special tokens by name. Bytes that are no UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string;
  /** The text of each id by itself; a token that ends inside a character shows U+FFFD. */
  pieces(ids: readonly number[]): string[];
  /** Where each token of `encode(text)` lies in the UTF-8 bytes of the normalised text: without gaps, from 0 to its end. */
  ranges(text: string): ByteRange[];
}

/** What a kind of tokenizer has to know; the rest follows from it. */
export interface TokenizerParts extends Pick<
  Tokenizer,
  "description" | "vocabSize" | "specialTokens" | "bos" | "eos"
> {
  /** Ids of text without lone surrogates. */
  readonly encode: (wellFormed: string) => number[];
  /** UTF-8 bytes that the token stands for, perhaps a part of a character; null if the id is not in the vocabulary. */
  readonly bytesOf: (id: number) => Uint8Array | null;
}

/** A tokenizer made of its parts. */
export function tokenizerOf(parts: TokenizerParts): Tokenizer {
  const { description, vocabSize, specialTokens, bos, eos } = parts;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const bytesOf = (id: number) => parts.bytesOf(id) ?? unknownId(id, parts);
  const encode = (text: string) => parts.encode(wellFormed(text));
  return {
    description,
    vocabSize,
    specialTokens,
    bos,
    eos: eos ?? null,
    encode,
    decode: (ids) => decoder.decode(joinBytes(ids.map(bytesOf))),
    pieces: (ids) => ids.map((id) => decoder.decode(bytesOf(id))),
    ranges: (text) => {
      let end = 0;
      return encode(text).map((id) => [end, (end += bytesOf(id).length)] as const);
    },
  };
}

/** `text` with every lone surrogate as U+FFFD: what its UTF-8 bytes can say. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function unknownId(id: number, { vocabSize, description }: TokenizerParts): never {
  throw new InputError("tokens", `${description} has ids from 0 to ${vocabSize - 1}, got ${id}`);
}
