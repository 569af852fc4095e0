/** @file The tokenizer inside a GGUF: the kinds `gpt2` (byte-pair encoding on bytes) and `llama` (SentencePiece). */
import { InputError } from "../../base/errors.ts";
import { bpeTokenizer, bytesOfPiece } from "./bpeTokenizer.ts";
import { pieceIds, type Pieces } from "./sentencePieces.ts";
import { SPLIT_PATTERNS } from "./splitPatterns.ts";
import {
  tokenizerOf,
  wellFormed,
  type BosPolicy,
  type SpecialToken,
  type Tokenizer,
} from "./tokenizer.ts";

/** Key and value pairs of a GGUF's header; only `tokenizer.ggml.*` is read. */
export type GgufMetadata = Readonly<Record<string, unknown>>;

const TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly special: readonly SpecialToken[];
}

/**
 * The tokenizer in a GGUF's metadata.
 *
 * @throws {InputError} "tokenizer" for other kinds, a cut (`tokenizer.ggml.pre`) that is not known, and lists of unequal length
 * @see transformers' GGUF reader, which ignores `tokenizer.ggml.pre` and so takes "12" as one token where the model's own
 *   tokenizer cuts digits; this follows the model's own, as llama.cpp does
 */
export function tokenizerFromGguf(metadata: GgufMetadata): Tokenizer {
  const kind = metadata["tokenizer.ggml.model"];
  if (kind === "gpt2") return byteLevel(metadata, vocabularyOf(metadata));
  if (kind === "llama") return sentencePiece(metadata, vocabularyOf(metadata));
  throw new InputError(
    "tokenizer",
    `a GGUF needs a tokenizer of the kind gpt2 or llama, got ${JSON.stringify(kind)}`,
  );
}

function byteLevel(metadata: GgufMetadata, { tokens, types, special }: Vocabulary): Tokenizer {
  const name = metadata["tokenizer.ggml.pre"] ?? "gpt-2"; // files from before the key was there are GPT-2's
  const pattern = SPLIT_PATTERNS.get(String(name));
  if (!pattern) {
    const known = [...SPLIT_PATTERNS.keys()].join(", ");
    throw new InputError(
      "tokenizer",
      `tokenizer.ggml.pre of a GGUF needs to be one of ${known}, got ${JSON.stringify(name)}`,
    );
  }
  const merges = list(
    metadata,
    "merges",
    (merge) => typeof merge === "string" && / ./.test(merge),
  ) as string[];
  const apart = tokens.map((content, id) => ({ content, id, type: types[id] }));
  return bpeTokenizer({
    description: `the GGUF's gpt2 tokenizer (${String(name)})`,
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
    bos: bosPolicy(metadata, special, false),
  });
}

function sentencePiece(metadata: GgufMetadata, { tokens, types, special }: Vocabulary): Tokenizer {
  const scores = list(
    metadata,
    "scores",
    (score) => typeof score === "number" && !Number.isNaN(score),
  ) as number[];
  if (scores.length !== tokens.length) {
    throw new InputError(
      "tokenizer",
      `a GGUF needs a score per token, got ${scores.length} for ${tokens.length}`,
    );
  }
  const pieces = piecesOf(tokens, types, scores, metadata);
  const prefix = metadata["tokenizer.ggml.add_space_prefix"] === false ? "" : "\u2581";
  const apart = new Map(
    tokens.flatMap((token, id) =>
      types[id] === TYPE.control || types[id] === TYPE.userDefined ? [[token, id] as const] : [],
    ),
  );
  const cut = anyOf([...apart.keys()]);
  const plain = (text: string) =>
    text === "" ? [] : pieceIds(prefix + text.replaceAll(" ", "\u2581"), pieces);
  const encoder = new TextEncoder();
  return tokenizerOf({
    description: "the GGUF's llama tokenizer (SentencePiece)",
    vocabSize: tokens.length,
    specialTokens: special,
    bos: bosPolicy(metadata, special, true),
    encode: (text) =>
      (cut ? text.split(cut) : [text]).flatMap((part, index) => {
        const id = index % 2 === 1 ? apart.get(part) : undefined;
        return id === undefined ? plain(part) : [id];
      }),
    bytesOf: (id) => {
      const token = tokens[id];
      if (token === undefined) return null;
      return apart.has(token) || types[id] === TYPE.unknown
        ? encoder.encode(token)
        : bytesOfPiece(token);
    },
  });
}

/** Matches any of these, the longest first, as one group, so that `split` keeps them at odd places. */
function anyOf(words: readonly string[]): RegExp | null {
  if (words.length === 0) return null;
  const escaped = [...words]
    .sort((one, other) => other.length - one.length)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return new RegExp(`(${escaped.join("|")})`, "u");
}

function piecesOf(
  tokens: readonly string[],
  types: readonly number[],
  scores: readonly number[],
  metadata: GgufMetadata,
): Pieces {
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
  const unknown =
    metadata["tokenizer.ggml.unknown_token_id"] ?? Math.max(0, types.indexOf(TYPE.unknown));
  if (typeof unknown !== "number" || !(unknown in tokens)) {
    throw new InputError(
      "tokenizer",
      `unknown_token_id of a GGUF needs to be an id, got ${JSON.stringify(unknown)}`,
    );
  }
  const all =
    bytes.size === 256 ? Array.from({ length: 256 }, (_, byte) => bytes.get(byte)!) : null;
  return { joinable, bytes: all, unknown };
}

function vocabularyOf(metadata: GgufMetadata): Vocabulary {
  const tokens = list(metadata, "tokens", (token) => typeof token === "string") as string[];
  const given = metadata["tokenizer.ggml.token_type"];
  const types = (
    given === undefined
      ? tokens.map(() => TYPE.normal)
      : list(metadata, "token_type", (type) => Number.isInteger(type))
  ) as number[];
  if (types.length !== tokens.length || tokens.length === 0) {
    throw new InputError(
      "tokenizer",
      `a GGUF needs a type per token, got ${types.length} for ${tokens.length}`,
    );
  }
  if (tokens.some((token, id) => token === "" && types[id] !== TYPE.unused)) {
    throw new InputError("tokenizer", "a token of a GGUF needs at least one character");
  }
  const wanted: unknown[] = [TYPE.control, TYPE.unknown];
  const special = tokens.flatMap((content, id) =>
    wanted.includes(types[id]) ? [{ id, content: wellFormed(content) }] : [],
  );
  return { tokens, types, special };
}

function bosPolicy(
  metadata: GgufMetadata,
  special: readonly SpecialToken[],
  usual: boolean,
): BosPolicy {
  const given = metadata["tokenizer.ggml.bos_token_id"];
  const id = typeof given === "number" && Number.isInteger(given) && given >= 0 ? given : null;
  const flag = metadata["tokenizer.ggml.add_bos_token"];
  if (id === null) return { id, addToText: false, why: "the GGUF names no BOS" };
  if (typeof flag === "boolean")
    return { id, addToText: flag, why: `the GGUF sets add_bos_token ${flag}` };
  const kind = usual ? "llama, which has one" : "gpt2, which has none";
  const name = special.find((token) => token.id === id)?.content ?? String(id);
  return {
    id,
    addToText: usual,
    why: `the GGUF names ${name} and does not say; its kind is ${kind} before a text`,
  };
}

function list(metadata: GgufMetadata, key: string, fits: (entry: unknown) => boolean): unknown[] {
  const value = metadata[`tokenizer.ggml.${key}`];
  const entries: unknown[] | null = Array.isArray(value)
    ? value
    : ArrayBuffer.isView(value)
      ? Array.from(value as never)
      : null;
  if (entries === null || !entries.every(fits)) {
    throw new InputError("tokenizer", `tokenizer.ggml.${key} of a GGUF is missing or malformed`);
  }
  return entries;
}
