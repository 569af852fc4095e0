/** @file Byte-pair encoding, from a vocabulary that has been checked. */
import { bytesOfToken, CHARACTER_OF_BYTE } from "./byteAlphabet.ts";
import { bytesOfPiece, pipelineTokenizer, type Pipeline } from "./pipelineTokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** All that byte-pair encoding needs. */
export interface Bpe extends Omit<Pipeline, "tokens" | "model" | "bytesOf"> {
  /** How a token's string stands for bytes: GPT-2's byte alphabet, or text with U+2581 for a space and <0x0A> for bytes. */
  readonly kind: "byte-level" | "metaspace";
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  readonly ignoreMerges: boolean;
  readonly byteFallback: boolean;
  readonly unknown: string | null;
  readonly fuseUnknown: boolean;
}

/**
 * The tokenizer that these parts make. Characters for which the vocabulary has neither a token nor bytes nor an unknown
 * token are left out, as the reference does.
 *
 * @throws {InputError} "tokenizer" if ids clash, or the library refuses the parts
 */
export function bpeTokenizer(bpe: Bpe): Tokenizer {
  return pipelineTokenizer({
    ...bpe,
    tokens: bpe.vocab,
    preTokenizer: withoutMissingBytes(bpe),
    model: { inFile: modelOf(bpe) },
    bytesOf: bpe.kind === "byte-level" ? bytesOfToken : bytesOfPiece,
  });
}

function modelOf(bpe: Bpe): object {
  return {
    type: "BPE",
    vocab: Object.fromEntries(bpe.vocab),
    merges: bpe.merges,
    unk_token: bpe.unknown,
    fuse_unk: bpe.fuseUnknown,
    byte_fallback: bpe.byteFallback,
    ignore_merges: bpe.ignoreMerges,
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
