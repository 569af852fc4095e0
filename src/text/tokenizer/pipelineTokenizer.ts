/**
 * @file Text to tokens in the steps that a tokenizer.json has, by the library @huggingface/tokenizers: added tokens are found, what
 * is between them is normalised and cut into words, and a model makes tokens of words.
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { InputError } from "../../base/errors.ts";
import { normalizerOf } from "./normalizerOf.ts";
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

/** All that a tokenizer of these steps needs; normaliser and pre-tokeniser have been checked (`textPipeline`). */
export interface Pipeline {
  readonly description: string;
  /** Tokens with their ids. */
  readonly tokens: Iterable<readonly [token: string, id: number]>;
  readonly added: readonly AddedToken[];
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  /** The library's model as its file has it, or ours. */
  readonly model: { readonly inFile: object } | WordModel;
  /** The bytes that a token stands for, but for added ones. */
  readonly bytesOf: (token: string) => Uint8Array;
  readonly bos: BosPolicy;
  readonly eos?: EosPolicy | null | undefined;
  /** Whether the names of special tokens in a text are text like any other (`split_special_tokens`). */
  readonly splitsSpecial?: boolean;
}

/** A model of ours in the library's steps. */
export interface WordModel {
  readonly ids: ReadonlyMap<string, number>;
  /** The id of tokens that `ids` lacks; null if there is none. */
  readonly unknown: number | null;
  /** The tokens of a word. */
  readonly cut: (word: string) => string[];
}

const MOST_TOKENS = 4_000_000;

/**
 * The tokenizer that these parts make. Characters for which the vocabulary has neither a token nor bytes nor an unknown
 * token are left out, as the reference does.
 *
 * @throws {InputError} "tokenizer" if ids clash, or the library refuses the parts
 */
export function pipelineTokenizer(pipeline: Pipeline): Tokenizer {
  const { description, added } = pipeline;
  const tokenOf = tokensById(pipeline);
  const library = guardWork(description, () => libraryOf(pipeline));
  const addedIds = new Set(added.map(({ id }) => id));
  const encoder = new TextEncoder();
  const cache = new Map<number, Uint8Array>(); // texts use the same tokens over and over
  const bytesOf = (id: number) => {
    const cached = cache.get(id);
    if (cached) return cached;
    const token = tokenOf.get(id);
    if (token === undefined) return null;
    const bytes = addedIds.has(id) ? encoder.encode(token) : pipeline.bytesOf(token);
    cache.set(id, bytes);
    return bytes;
  };
  return tokenizerOf({
    description: pipeline.splitsSpecial
      ? `${description} (names of special tokens are text like any other: split_special_tokens of tokenizer_config.json)`
      : description,
    vocabSize: largestOf(tokenOf.keys()) + 1,
    specialTokens: added
      .filter(({ special }) => special)
      .map(({ id, content }) => ({ id, content })),
    bos: pipeline.bos,
    eos: pipeline.eos,
    encode: (text) =>
      checkedIds(guardWork(description, () => library.encode(text, WITHOUT)).ids, pipeline),
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

function libraryOf({ model, normalizer, preTokenizer, ...pipeline }: Pipeline): Library {
  const added = pipeline.splitsSpecial
    ? pipeline.added.filter(({ special }) => !special)
    : pipeline.added;
  const normalize = normalizer && normalizerOf(normalizer);
  const library = new Library(
    {
      model: "inFile" in model ? model.inFile : { type: "BPE", vocab: {}, merges: [] },
      normalizer: normalize && { type: "Sequence", normalizers: [] }, // ours below; null would find normalised tokens before it
      pre_tokenizer: preTokenizer,
      post_processor: null, // what it adds is the BOS policy's matter
      decoder: null, // ours goes through bytes, which give the ranges too
      added_tokens: added.map((token) =>
        normalize && token.normalized ? { ...token, content: normalize(token.content) } : token,
      ),
    },
    {},
  );
  return Object.assign(library, normalize && ourSteps(library, normalize), ourModel(model));
}

/**
 * Our normaliser, and the pre-tokeniser told which part of a text is the first: where added tokens are found in text that has been
 * normalised, the library takes every part beside them for the first.
 */
function ourSteps({ pre_tokenizer: cut }: Library, normalize: (text: string) => string): object {
  let ahead: string | null = null; // of the section that was normalised last, until a part of it is cut
  const normalizer = (text: string) => (ahead = normalize(text));
  if (!cut) return { normalizer };
  const pre_tokenizer = (part: string, { section_index }: { section_index: number }) => {
    const isFirst = section_index === 0 && ahead !== null && ahead.startsWith(part);
    ahead = null;
    return cut(part, { section_index: isFirst ? 0 : 1 });
  };
  return { normalizer, pre_tokenizer };
}

/** The library's model is a function of words that has its vocabulary. */
function ourModel(model: Pipeline["model"]): object | null {
  if ("inFile" in model) return null;
  const tokensOf = (words: readonly string[]) => words.flatMap(model.cut);
  const vocabulary = { tokens_to_ids: model.ids, unk_token_id: model.unknown ?? undefined };
  return { model: Object.assign(tokensOf, vocabulary) };
}

/** Token by id, added tokens first. */
function tokensById({ tokens, added, description }: Pipeline): Map<number, string> {
  const byId = new Map<number, string>();
  for (const [token, id] of tokens) {
    checkId(id, description);
    if (byId.has(id)) {
      const both = [byId.get(id), token].map((each) => JSON.stringify(each)).join(" and ");
      throw new InputError("tokenizer", `${description} gives the id ${id} to ${both}`);
    }
    byId.set(id, token);
  }
  for (const { id, content } of added) {
    checkId(id, description);
    byId.set(id, content);
  }
  if (byId.size === 0) throw new InputError("tokenizer", `${description} has no tokens`);
  return byId;
}

function checkId(id: number, description: string): void {
  if (Number.isInteger(id) && id >= 0 && id < MOST_TOKENS) return;
  throw new InputError(
    "tokenizer",
    `${description} needs ids from 0 to ${MOST_TOKENS - 1}, got ${id}`,
  );
}

/** Not Math.max(...ids), which has a limit on arguments. */
function largestOf(ids: Iterable<number>): number {
  let largest = -1;
  for (const id of ids) largest = Math.max(largest, id);
  return largest;
}

function checkedIds(ids: readonly (number | undefined)[], { description }: Pipeline): number[] {
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
