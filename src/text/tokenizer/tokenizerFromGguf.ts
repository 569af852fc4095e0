/**
 * @file The tokenizer inside a GGUF: the kinds `gpt2` (byte-pair encoding on bytes), `llama` (SentencePiece, Gemma's too), `bert` and `t5`.
 * Of other kinds, and of cuts that are not known, tokens have words and text has no tokens.
 */
import { InputError } from "../../base/errors.ts";
import { bpeTokenizer } from "./bpeTokenizer.ts";
import { bytesOfToken } from "./byteAlphabet.ts";
import { ggufCut, type GgufCut } from "./ggufCut.ts";
import { bertOfGguf, unigramOfGguf } from "./ggufPieces.ts";
import {
  list,
  scoresOf,
  unknownOf,
  vocabularyOf,
  type GgufMetadata,
  type Vocabulary,
} from "./ggufVocabulary.ts";
import { pieceBytes, TYPE } from "./pieceTypes.ts";
import { bytesOfPiece } from "./pipelineTokenizer.ts";
import { bpeIds, markSpaces, spmTokenizer } from "./spmTokenizer.ts";
import {
  tokenizerOf,
  type BosPolicy,
  type EosPolicy,
  type SpecialToken,
  type Tokenizer,
} from "./tokenizer.ts";

export type { GgufMetadata } from "./ggufVocabulary.ts";

/**
 * The tokenizer in a GGUF's metadata; null if there is none. One that cannot cut text as the model's own does refuses to
 * encode it (InputError "tokenizer" that says why), and still knows what ids stand for.
 *
 * @throws {InputError} "tokenizer" for lists that are missing, malformed or of unequal length
 * @see transformers' GGUF reader, which ignores `tokenizer.ggml.pre` and so takes "12" as one token where the model's own
 *   tokenizer cuts digits; this follows the model's own, as llama.cpp does
 */
export function tokenizerFromGguf(metadata: GgufMetadata): Tokenizer | null {
  const kind = metadata["tokenizer.ggml.model"];
  if (NONE.includes(kind)) return null;
  const vocabulary = vocabularyOf(metadata);
  if (isWhole(kind)) return WHOLE[kind]!(metadata, vocabulary);
  const cut = kind === "gpt2" ? ggufCut(metadata, vocabulary) : otherKind(kind);
  if (typeof cut !== "string") return byteLevel(metadata, vocabulary, cut);
  const bytesOf = kind === "gpt2" ? bytesOfToken : bytesOfPiece;
  return idsOnly(metadata, vocabulary, refusal(cut), bytesOf);
}

/** What a user should know of the tokenizer in a GGUF before giving it text: a cut that was guessed, or none; else null. */
export function ggufTextNotice(metadata: GgufMetadata): string | null {
  const kind = metadata["tokenizer.ggml.model"];
  if (NONE.includes(kind) || isWhole(kind)) return null;
  if (kind !== "gpt2") return refusal(otherKind(kind));
  try {
    const cut = ggufCut(metadata, vocabularyOf(metadata));
    if (typeof cut === "string") return refusal(cut);
    return cut.guessed
      ? `the GGUF does not say how text is cut before it is merged; its vocabulary is one that is cut like ${cut.name}, and so it is`
      : null;
  } catch (error) {
    if (error instanceof InputError) return null; // said where a tokenizer is needed
    throw error;
  }
}

/** Kinds that need no cut. */
const WHOLE: Readonly<Record<string, (metadata: GgufMetadata, of: Vocabulary) => Tokenizer>> = {
  llama: sentencePiece,
  bert: (metadata, vocabulary) => {
    const { special } = vocabulary;
    const cls = metadata["tokenizer.ggml.bos_token_id"] ?? metadata["tokenizer.ggml.cls_token_id"];
    const withCls = { ...metadata, "tokenizer.ggml.bos_token_id": cls };
    const bos = bosPolicy(withCls, special, { usual: true, kind: "bert" });
    const sep = metadata["tokenizer.ggml.seperator_token_id"]; // so spelled
    const eos = eosPolicy({ "tokenizer.ggml.eos_token_id": sep, ...metadata }, "bert");
    return bertOfGguf(vocabulary, unknownOf(metadata, vocabulary), { bos, eos });
  },
  t5: (metadata, vocabulary) => {
    const bos = bosPolicy(metadata, vocabulary.special, { usual: false, kind: "t5" });
    const ends = { bos, eos: eosPolicy(metadata, "t5") };
    return unigramOfGguf(metadata, vocabulary, unknownOf(metadata, vocabulary), ends);
  },
};

const isWhole = (kind: unknown): kind is string =>
  typeof kind === "string" && Object.hasOwn(WHOLE, kind);

const NONE: readonly unknown[] = [undefined, "none", "no_vocab"];

function otherKind(kind: unknown): string {
  return `the GGUF has a tokenizer of the kind ${JSON.stringify(kind)} (known: gpt2, ${Object.keys(WHOLE).join(", ")})`;
}

function refusal(why: string): string {
  return `text cannot become tokens: ${why}; give token ids`;
}

/** What ids stand for, without a way from text to ids. */
function idsOnly(
  metadata: GgufMetadata,
  { tokens, types, special }: Vocabulary,
  why: string,
  bytesOf: (token: string) => Uint8Array,
): Tokenizer {
  const encoder = new TextEncoder();
  const plain: unknown[] = [TYPE.normal, TYPE.byte, TYPE.unused];
  return tokenizerOf({
    description: `the GGUF's ${String(metadata["tokenizer.ggml.model"])} tokenizer (for ids only)`,
    vocabSize: tokens.length,
    specialTokens: special,
    bos: bosPolicy(metadata, special, { usual: false, kind: "one that is not known" }),
    encode: () => {
      throw new InputError("tokenizer", why);
    },
    bytesOf: (id) => {
      const token = tokens[id];
      if (token === undefined) return null;
      return plain.includes(types[id]) ? bytesOf(token) : encoder.encode(token);
    },
  });
}

function byteLevel(
  metadata: GgufMetadata,
  { tokens, types, special }: Vocabulary,
  { name, pattern, guessed }: GgufCut,
): Tokenizer {
  const merges = list(
    metadata,
    "merges",
    (merge) => typeof merge === "string" && / ./.test(merge),
  ) as string[];
  const apart = tokens.map((content, id) => ({ content, id, type: types[id] }));
  const cutWords = guessed ? `${name}, which its vocabulary shows and the file does not say` : name;
  return bpeTokenizer({
    description: `the GGUF's gpt2 tokenizer (${cutWords})`,
    kind: "byte-level",
    vocab: new Map(tokens.map((token, id) => [token, id])),
    merges: merges.map((merge) => {
      const at = merge.indexOf(" ", 1);
      return [merge.slice(0, at), merge.slice(at + 1)] as const;
    }),
    added: apart
      .filter(({ type }) => type === TYPE.control || type === TYPE.userDefined)
      .map(({ content, id, type }) => ({
        content,
        id,
        special: type === TYPE.control,
        normalized: false,
        lstrip: false,
        rstrip: false,
      })),
    normalizer: pattern.normalizer,
    preTokenizer: pattern.preTokenizer,
    ignoreMerges: pattern.ignoreMerges,
    byteFallback: false,
    unknown: null,
    fuseUnknown: false,
    bos: bosPolicy(metadata, special, { usual: pattern.bos, kind: `gpt2 with the cut ${name}` }),
    eos: eosPolicy(metadata),
  });
}

function sentencePiece(metadata: GgufMetadata, { tokens, types, special }: Vocabulary): Tokenizer {
  const scores = scoresOf(metadata, tokens.length);
  const unknown = unknownOf(metadata, { tokens, types });
  const prefix = metadata["tokenizer.ggml.add_space_prefix"] === false ? "" : "\u2581";
  const isApart = (id: number) => types[id] === TYPE.control || types[id] === TYPE.userDefined;
  return spmTokenizer({
    description: "the GGUF's llama tokenizer (SentencePiece)",
    vocabSize: tokens.length,
    specialTokens: special,
    bos: bosPolicy(metadata, special, { usual: true, kind: "llama" }),
    eos: eosPolicy(metadata),
    mark: markSpaces,
    apart: new Map(
      // converters write spaces in them as spaces, and text has marks for spaces when they are looked for
      tokens.flatMap((token, id) => (isApart(id) ? [[markSpaces(token), id] as const] : [])),
    ),
    normalize: (part) => (part === "" ? "" : prefix + part),
    cut: bpeIds({ tokens, types, scores, unknown }),
    bytesOf: pieceBytes(tokens, types),
  });
}

function bosPolicy(
  metadata: GgufMetadata,
  special: readonly SpecialToken[],
  { usual, kind }: { readonly usual: boolean; readonly kind: string },
): BosPolicy {
  const bosId = metadata["tokenizer.ggml.bos_token_id"];
  const id = typeof bosId === "number" && Number.isInteger(bosId) && bosId >= 0 ? bosId : null;
  const flag = metadata["tokenizer.ggml.add_bos_token"];
  if (id === null) return { id, addToText: false, why: "the GGUF names no BOS" };
  if (typeof flag === "boolean")
    return { id, addToText: flag, why: `the GGUF sets add_bos_token ${flag}` };
  const name = special.find((token) => token.id === id)?.content ?? String(id);
  return {
    id,
    addToText: usual,
    why: `the GGUF names ${name} and does not say; its kind is ${kind}, which has ${usual ? "one" : "none"} before a text`,
  };
}

/** @param usual the kind, if it has one behind a text where the file does not say, as in llama.cpp */
function eosPolicy(metadata: GgufMetadata, usual: string | null = null): EosPolicy | null {
  const id = metadata["tokenizer.ggml.eos_token_id"];
  const flag = metadata["tokenizer.ggml.add_eos_token"];
  if (typeof id !== "number") return null;
  if (flag === true) return { id, why: "the GGUF sets add_eos_token true" };
  return flag === undefined && usual !== null
    ? { id, why: `the GGUF does not say, and its kind ${usual} has one behind a text` }
    : null;
}
