/** @file The tokenizer of a Hugging Face folder: tokenizer.json, with tokenizer_config.json beside it. */
import { parseJson, parsePythonJson } from "../../base/parseJson.ts";
import { InputError } from "../../base/errors.ts";
import { isObject } from "../../base/isObject.ts";
import { addedToken } from "./addedToken.ts";
import { bpeTokenizer } from "./bpeTokenizer.ts";
import { bosOfFiles, eosOfFiles, type BosFiles } from "./bosOfFiles.ts";
import type { AddedToken, Pipeline } from "./pipelineTokenizer.ts";
import { checkedNormalizer, checkedPreTokenizer, hasStep } from "./textPipeline.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { tokenizerClassOf, type TokenizerClass } from "./tokenizerClasses.ts";
import { unigramTokenizer } from "./unigramTokenizer.ts";
import { wordPieceTokenizer } from "./wordPieceTokenizer.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The tokenizer that a tokenizer.json describes: byte-pair encoding on bytes (GPT-2, NeoX, Qwen, Llama 3) or on characters
 * with bytes to fall back on (Llama 2, Mistral, Gemma), WordPiece (BERT), Unigram (T5, XLM-R).
 *
 * @param json contents of tokenizer.json, as text or parsed
 * @param config contents of tokenizer_config.json, as text or parsed, for BOS and add_prefix_space; null if there is none
 * @param name what messages call it
 * @param modelConfig contents of config.json, which tells the class where tokenizer_config.json does not; null if there is none
 * @throws {InputError} "tokenizer" for other models, steps that are not known, and what is malformed
 */
export function tokenizerFromJson(
  json: unknown,
  config: unknown = null,
  name = "tokenizer.json",
  modelConfig: unknown = null,
): Tokenizer {
  const file = parsedObject(json, name);
  const settings = config === null ? {} : parsedObject(config, "tokenizer_config.json");
  const model = modelConfig === null ? {} : parsedObject(modelConfig, "config.json");
  const { of, name: className } = tokenizerClassOf(settings, model);
  return tokenizerOf({
    ...{ file, name, settings, of, specials: {} },
    normalizer: withBertSettings(file.normalizer, settings, className),
    preTokenizer: withPrefixSpace(file.pre_tokenizer, settings, of),
    postProcessor: file.post_processor ?? null,
  });
}

/** What a tokenizer.json says, and the files beside it. */
export interface ReadJson extends Pick<BosFiles, "postProcessor" | "specials" | "of"> {
  readonly file: Json;
  readonly name: string;
  /** What the tokenizer calls itself; left out: `name`. */
  readonly description?: string;
  /** tokenizer_config.json */
  readonly settings: Json;
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
}

/** @throws {InputError} "tokenizer" as {@link tokenizerFromJson} */
export function tokenizerOf(read: ReadJson): Tokenizer {
  const { file, name, settings, of, specials, postProcessor } = read;
  const model = object(file.model, `${name}: model`);
  const added = addedTokens(file.added_tokens, name);
  const idOfAdded = new Map(added.map(({ content, id }) => [content, id]));
  return makerOf(
    model,
    name,
  )({
    ...{ file, model, name, added, description: read.description ?? name },
    normalizer: checkedNormalizer(read.normalizer),
    preTokenizer: checkedPreTokenizer(read.preTokenizer),
    splitsSpecial: settings.split_special_tokens === true,
    endsOf: (vocab) => {
      const ends: BosFiles = {
        ...{ postProcessor, config: settings, specials, of },
        idOf: (token) => idOfAdded.get(token) ?? vocab.get(token) ?? null,
      };
      return { bos: bosOfFiles(ends), eos: eosOfFiles(ends) };
    },
  });
}

/** A tokenizer.json, and what of it all models share. */
interface JsonParts extends Pick<
  Pipeline,
  "added" | "normalizer" | "preTokenizer" | "splitsSpecial"
> {
  readonly file: Json;
  readonly model: Json;
  readonly name: string;
  readonly description: string;
  readonly endsOf: (vocab: ReadonlyMap<string, number>) => Pick<Pipeline, "bos" | "eos">;
}

const MAKERS: Readonly<Record<string, (parts: JsonParts) => Tokenizer>> = {
  BPE: bpeOf,
  WordPiece: wordPieceOf,
  Unigram: unigramOf,
};

/** By the model's type; files from before it was written are told apart by what they have. */
function makerOf(model: Json, name: string): (parts: JsonParts) => Tokenizer {
  const { type = typeByParts(model) } = model;
  if (typeof type === "string" && Object.hasOwn(MAKERS, type)) return MAKERS[type]!;
  throw new InputError(
    "tokenizer",
    `${name} needs the model ${Object.keys(MAKERS).join(", ")}, got ${JSON.stringify(type)}`,
  );
}

function typeByParts({ merges, vocab, continuing_subword_prefix: prefix }: Json): unknown {
  if (Array.isArray(merges)) return "BPE";
  if (Array.isArray(vocab)) return "Unigram";
  return typeof prefix === "string" ? "WordPiece" : undefined;
}

function bpeOf({ file, model, name, endsOf, ...parts }: JsonParts): Tokenizer {
  checkMerging(model, name);
  const vocab = vocabOf(model.vocab, `${name}: model.vocab`);
  const { unk_token: unknown } = model;
  const byteLevel = hasStep(file.decoder, "ByteLevel") || hasStep(file.pre_tokenizer, "ByteLevel");
  return bpeTokenizer({
    ...{ ...parts, ...endsOf(vocab), vocab },
    kind: byteLevel ? "byte-level" : "metaspace",
    merges: mergesOf(model.merges, name),
    ignoreMerges: model.ignore_merges === true,
    byteFallback: model.byte_fallback === true,
    unknown: typeof unknown === "string" && vocab.has(unknown) ? unknown : null,
    fuseUnknown: model.fuse_unk === true,
  });
}

function wordPieceOf({ model, name, endsOf, ...parts }: JsonParts): Tokenizer {
  const vocab = vocabOf(model.vocab, `${name}: model.vocab`);
  const {
    unk_token: unknown = "[UNK]",
    continuing_subword_prefix: prefix = "##",
    max_input_chars_per_word: longestWord = 100,
  } = model;
  if (typeof unknown !== "string" || typeof prefix !== "string" || typeof longestWord !== "number")
    throw new InputError(
      "tokenizer",
      `${name} needs the texts unk_token and continuing_subword_prefix and the number max_input_chars_per_word, got ${JSON.stringify([unknown, prefix, longestWord]).slice(0, 80)}`,
    );
  return wordPieceTokenizer({
    ...{ ...parts, ...endsOf(vocab) },
    vocab,
    unknown,
    prefix,
    longestWord,
  });
}

function unigramOf({ model, name, endsOf, ...parts }: JsonParts): Tokenizer {
  const pieces = piecesOf(model.vocab, `${name}: model.vocab`);
  const { unk_id: unknown = null } = model;
  if (unknown !== null && !(typeof unknown === "number" && unknown in pieces))
    throw new InputError(
      "tokenizer",
      `${name} needs an unk_id below ${pieces.length}, got ${JSON.stringify(unknown)}`,
    );
  const ids = new Map(pieces.map(([piece], id) => [piece, id]));
  const byteFallback = model.byte_fallback === true;
  return unigramTokenizer({
    ...{ ...parts, ...endsOf(ids) },
    ...{ pieces, unknown, byteFallback },
  });
}

/** Classes on bytes take `add_prefix_space` of tokenizer_config.json, no if it is not there, over that of tokenizer.json. */
function withPrefixSpace(step: unknown, config: Json, of: TokenizerClass | null): unknown {
  const { type } = Object(step) as Json;
  if (of === null || type !== "ByteLevel") return step;
  return { ...(step as Json), add_prefix_space: config.add_prefix_space === true };
}

/** BERT's classes take what tokenizer_config.json says of capitals, accents and ideographs over tokenizer.json. */
function withBertSettings(step: unknown, settings: Json, className: string | null): unknown {
  const { type } = Object(step) as Json;
  if (type !== "BertNormalizer" || className === null || GENERAL_CLASS.test(className)) return step;
  const { do_lower_case: lowercase, strip_accents, tokenize_chinese_chars } = settings;
  return {
    ...(step as Json),
    ...(typeof lowercase === "boolean" && { lowercase }),
    ...(typeof strip_accents === "boolean" && { strip_accents }),
    ...(typeof tokenize_chinese_chars === "boolean" && {
      handle_chinese_chars: tokenize_chinese_chars,
    }),
  };
}

/** Classes that follow a tokenizer.json to the letter. */
const GENERAL_CLASS = /^(PreTrainedTokenizer|TokenizersBackend)$/;

function checkMerging(model: Json, name: string): void {
  const { dropout, continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = model;
  if ((dropout ?? 0) !== 0 || (prefix ?? "") !== "" || (suffix ?? "") !== "") {
    throw new InputError(
      "tokenizer",
      `${name} has a dropout, a prefix or a suffix of subwords, which is not supported`,
    );
  }
}

export function vocabOf(value: unknown, name: string): Map<string, number> {
  const vocab = new Map<string, number>();
  for (const [token, id] of Object.entries(object(value, name))) {
    if (typeof id !== "number") {
      throw new InputError(
        "tokenizer",
        `${name} needs a number as the id of ${JSON.stringify(token)}, got ${JSON.stringify(id)}`,
      );
    }
    vocab.set(token, id);
  }
  return vocab;
}

/** Pieces with their scores, in the order of their ids. */
function piecesOf(value: unknown, name: string): (readonly [string, number])[] {
  const rows: unknown[] = Array.isArray(value) ? value : [null];
  return rows.map((row) => {
    const [piece, score] = Array.isArray(row) ? (row as unknown[]) : [];
    if (typeof piece !== "string" || typeof score !== "number" || Number.isNaN(score))
      throw new InputError(
        "tokenizer",
        `${name} needs pieces with their scores, got ${JSON.stringify(row)?.slice(0, 80)}`,
      );
    return [piece, score] as const;
  });
}

export function mergesOf(value: unknown, name: string): (readonly [string, string])[] {
  const merges: unknown[] = Array.isArray(value) ? value : [null];
  return merges.map((merge) => {
    const [left, right, more] =
      typeof merge === "string"
        ? merge.split(" ")
        : Array.isArray(merge)
          ? (merge as unknown[])
          : [];
    if (typeof left !== "string" || typeof right !== "string" || more !== undefined) {
      throw new InputError(
        "tokenizer",
        `${name} needs merges of two tokens, got ${JSON.stringify(merge)?.slice(0, 80)}`,
      );
    }
    return [left, right] as const;
  });
}

function addedTokens(value: unknown, name: string): AddedToken[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value))
    throw new InputError("tokenizer", `${name} needs a list of added_tokens`);
  return value.map((entry) => {
    const flags = object(entry, `${name}: added_tokens`);
    const { id, content, special } = flags;
    if (typeof id !== "number" || typeof content !== "string" || content === "") {
      throw new InputError(
        "tokenizer",
        `${name} needs added tokens with id and content, got ${JSON.stringify(entry).slice(0, 80)}`,
      );
    }
    return addedToken(id, content, special === true, flags);
  });
}

/** A JSON object, as text or parsed. */
export function parsedObject(value: unknown, name: string): Json {
  return object(parseIfText(value, name), name);
}

function parseIfText(value: unknown, name: string): unknown {
  if (typeof value !== "string") return value;
  try {
    return parseJson(value);
  } catch (cause) {
    return parsedAsPython(value, name, cause);
  }
}

/** Only where it is no JSON: the numbers are looked for in all of a text, and tokenizers are large. */
function parsedAsPython(text: string, name: string, cause: unknown): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    throw new InputError("tokenizer", `${name} is not JSON`, { cause });
  }
}

function object(value: unknown, what: string): Json {
  if (!isObject(value)) {
    throw new InputError(
      "tokenizer",
      `${what} needs an object, got ${JSON.stringify(value)?.slice(0, 80)}`,
    );
  }
  return value as Json;
}
