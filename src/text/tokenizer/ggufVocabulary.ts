/** @file The lists in a GGUF's header that make a vocabulary: tokens with their types, and more of the same length. */
import { InputError } from "../../base/errors.ts";
import { TYPE } from "./pieceTypes.ts";
import { wellFormed, type SpecialToken } from "./tokenizer.ts";

/** Key and value pairs of a GGUF's header; only `tokenizer.ggml.*` is read. */
export type GgufMetadata = Readonly<Record<string, unknown>>;

export interface Vocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly special: readonly SpecialToken[];
}

/**
 * Tokens and their types.
 *
 * @throws {InputError} "tokenizer" for lists that are missing, malformed or of unequal length
 */
export function vocabularyOf(metadata: GgufMetadata): Vocabulary {
  const tokens = list(metadata, "tokens", (token) => typeof token === "string") as string[];
  const tokenTypes = metadata["tokenizer.ggml.token_type"];
  const types = (
    tokenTypes === undefined
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
  const markers: unknown[] = [TYPE.control, TYPE.unknown];
  const special = tokens.flatMap((content, id) =>
    markers.includes(types[id]) ? [{ id, content: wellFormed(content) }] : [],
  );
  return { tokens, types, special };
}

/**
 * The list under `tokenizer.ggml.KEY`.
 *
 * @throws {InputError} "tokenizer" if it is missing, or has an entry that does not fit
 */
export function list(
  metadata: GgufMetadata,
  key: string,
  fits: (entry: unknown) => boolean,
): unknown[] {
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

/**
 * The score of each token.
 *
 * @throws {InputError} "tokenizer" unless there is one for each
 */
export function scoresOf(metadata: GgufMetadata, count: number): number[] {
  const isScore = (score: unknown) => typeof score === "number" && !Number.isNaN(score);
  const scores = list(metadata, "scores", isScore) as number[];
  if (scores.length === count) return scores;
  throw new InputError(
    "tokenizer",
    `a GGUF needs a score per token, got ${scores.length} for ${count}`,
  );
}

/**
 * The id of what has no token: that of the file, or else the first of that type.
 *
 * @throws {InputError} "tokenizer" for an id that is none
 */
export function unknownOf(
  metadata: GgufMetadata,
  { tokens, types }: Pick<Vocabulary, "tokens" | "types">,
): number {
  const unknown =
    metadata["tokenizer.ggml.unknown_token_id"] ?? Math.max(0, types.indexOf(TYPE.unknown));
  if (typeof unknown === "number" && unknown in tokens) return unknown;
  throw new InputError(
    "tokenizer",
    `unknown_token_id of a GGUF needs to be an id, got ${JSON.stringify(unknown)}`,
  );
}
