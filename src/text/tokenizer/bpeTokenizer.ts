/** @file Byte-pair encoding by the library @huggingface/tokenizers, from a vocabulary that has been checked. */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { InputError } from "../../base/errors.ts";
import { bytesOfToken, CHARACTER_OF_BYTE } from "./byteAlphabet.ts";
import { tokenizerOf, type BosPolicy, type EosPolicy, type Tokenizer } from "./tokenizer.ts";

/** A token that is found in text before anything is cut or merged. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** All that byte-pair encoding needs. */
export interface Bpe {
  readonly description: string;
  /** How a token's string stands for bytes: GPT-2's byte alphabet, or text with U+2581 for a space and <0x0A> for bytes. */
  readonly kind: "byte-level" | "metaspace";
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  readonly added: readonly AddedToken[];
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  readonly ignoreMerges: boolean;
  readonly byteFallback: boolean;
  readonly unknown: string | null;
  readonly fuseUnknown: boolean;
  readonly bos: BosPolicy;
  readonly eos?: EosPolicy | null;
  /** Whether the names of special tokens in a text are text like any other (`split_special_tokens`). */
  readonly splitsSpecial?: boolean;
}

const MOST_TOKENS = 4_000_000;

/**
 * The tokenizer that these parts make. Characters for which the vocabulary has neither a token nor bytes nor an unknown
 * token are left out, as the reference does.
 *
 * @throws {InputError} "tokenizer" if ids clash, or the library refuses the parts
 */
export function bpeTokenizer(bpe: Bpe): Tokenizer {
  const tokenOf = tokensById(bpe);
  const library = guardWork(bpe.description, () => new Library(libraryParts(bpe), {}));
  const addedIds = new Set(bpe.added.map(({ id }) => id));
  const encoder = new TextEncoder();
  const cache = new Map<number, Uint8Array>(); // texts use the same tokens over and over
  const bytesOf = (id: number) => {
    const cached = cache.get(id);
    if (cached) return cached;
    const token = tokenOf.get(id);
    if (token === undefined) return null;
    const plain = bpe.kind === "byte-level" ? bytesOfToken : bytesOfPiece;
    const bytes = addedIds.has(id) ? encoder.encode(token) : plain(token);
    cache.set(id, bytes);
    return bytes;
  };
  return tokenizerOf({
    description: bpe.splitsSpecial
      ? `${bpe.description} (names of special tokens are text like any other: split_special_tokens of tokenizer_config.json)`
      : bpe.description,
    vocabSize: largestOf(tokenOf.keys()) + 1,
    specialTokens: bpe.added
      .filter(({ special }) => special)
      .map(({ id, content }) => ({ id, content })),
    bos: bpe.bos,
    eos: bpe.eos,
    encode: (text) =>
      checkedIds(guardWork(bpe.description, () => library.encode(text, WITHOUT)).ids, bpe),
    bytesOf,
  });
}

/** The bytes of a piece in SentencePiece's writing. */
export function bytesOfPiece(piece: string): Uint8Array {
  const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece)?.[1];
  if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
  return new TextEncoder().encode(piece.replaceAll("\u2581", " "));
}

const WITHOUT = { add_special_tokens: false } as const;

function libraryParts(bpe: Bpe): object {
  return {
    model: {
      type: "BPE",
      vocab: Object.fromEntries(bpe.vocab),
      merges: bpe.merges,
      unk_token: bpe.unknown,
      fuse_unk: bpe.fuseUnknown,
      byte_fallback: bpe.byteFallback,
      ignore_merges: bpe.ignoreMerges,
    },
    normalizer: bpe.normalizer,
    pre_tokenizer: withoutMissingBytes(bpe),
    post_processor: null, // what it adds is the BOS policy's matter
    decoder: null, // ours goes through bytes, which give the ranges too
    added_tokens: bpe.splitsSpecial ? bpe.added.filter(({ special }) => !special) : bpe.added,
  };
}

/**
 * Bytes for which there is no token go before the merges, so that what is left and right of them can merge: some
 * vocabularies, such as SmolLM2's, lack the bytes that UTF-8 never or seldom has.
 */
function withoutMissingBytes({
  kind,
  vocab,
  unknown,
  byteFallback,
  preTokenizer,
}: Bpe): object | null {
  const missing = CHARACTER_OF_BYTE.filter((character) => !vocab.has(character));
  if (kind !== "byte-level" || missing.length === 0 || unknown !== null || byteFallback)
    return preTokenizer;
  const Regex = `[${missing.map((character) => `\\u{${character.codePointAt(0)!.toString(16)}}`).join("")}]`;
  const drop = { type: "Replace", pattern: { Regex }, content: "" };
  return { type: "Sequence", pretokenizers: [...(preTokenizer ? [preTokenizer] : []), drop] };
}

/** Token by id, added tokens first. */
function tokensById({ vocab, added, description }: Bpe): Map<number, string> {
  const tokens = new Map<number, string>();
  for (const [token, id] of vocab) {
    if (!Number.isInteger(id) || id < 0 || id >= MOST_TOKENS) {
      throw new InputError(
        "tokenizer",
        `${description} needs ids from 0 to ${MOST_TOKENS - 1}, got ${id}`,
      );
    }
    if (tokens.has(id)) {
      const both = [tokens.get(id), token].map((each) => JSON.stringify(each)).join(" and ");
      throw new InputError("tokenizer", `${description} gives the id ${id} to ${both}`);
    }
    tokens.set(id, token);
  }
  for (const { id, content } of added) {
    if (!Number.isInteger(id) || id < 0 || id >= MOST_TOKENS) {
      throw new InputError(
        "tokenizer",
        `${description} needs ids from 0 to ${MOST_TOKENS - 1}, got ${id}`,
      );
    }
    tokens.set(id, content);
  }
  if (tokens.size === 0) throw new InputError("tokenizer", `${description} has no tokens`);
  return tokens;
}

/** Not Math.max(...ids), which has a limit on arguments. */
function largestOf(ids: Iterable<number>): number {
  let largest = -1;
  for (const id of ids) largest = Math.max(largest, id);
  return largest;
}

function checkedIds(ids: readonly (number | undefined)[], { description }: Bpe): number[] {
  if (ids.some((id) => id === undefined)) {
    throw new InputError(
      "tokens",
      `${description} has no token for a part of the text, and no unknown token`,
    );
  }
  return ids as number[];
}

/** What the library throws is about the file it was given. */
function guardWork<Value>(description: string, work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("tokenizer", `${description} cannot be used (${reason})`, { cause });
  }
}
