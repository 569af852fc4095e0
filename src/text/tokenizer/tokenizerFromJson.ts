/** @file The tokenizer of a Hugging Face folder: tokenizer.json, with tokenizer_config.json beside it. */
import { parseJson, parsePythonJson } from "../../base/parseJson.ts";
import { InputError } from "../../base/errors.ts";
import { isObject } from "../../base/isObject.ts";
import { addedToken } from "./addedToken.ts";
import { bpeTokenizer, type AddedToken } from "./bpeTokenizer.ts";
import { bosOfFiles, eosOfFiles, type BosFiles } from "./bosOfFiles.ts";
import { checkedNormalizer, checkedPreTokenizer, hasStep } from "./textPipeline.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { tokenizerClassOf, type TokenizerClass } from "./tokenizerClasses.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The tokenizer that a tokenizer.json describes: byte-pair encoding on bytes (GPT-2, NeoX, Qwen, Llama 3) or on characters
 * with bytes to fall back on (Llama 2, Mistral, Gemma).
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
  const { of } = tokenizerClassOf(
    settings,
    modelConfig === null ? {} : parsedObject(modelConfig, "config.json"),
  );
  const model = object(file.model, `${name}: model`);
  checkModel(model, name);
  const vocab = vocabOf(model.vocab, `${name}: model.vocab`);
  const added = addedTokens(file.added_tokens, name);
  const unknown = typeof model.unk_token === "string" ? model.unk_token : null;
  const byteLevel = hasStep(file.decoder, "ByteLevel") || hasStep(file.pre_tokenizer, "ByteLevel");
  const ends: BosFiles = {
    postProcessor: file.post_processor ?? null,
    config: settings,
    specials: {},
    of,
    idOf: (token) => added.find((each) => each.content === token)?.id ?? vocab.get(token) ?? null,
  };
  return bpeTokenizer({
    description: name,
    kind: byteLevel ? "byte-level" : "metaspace",
    vocab,
    merges: mergesOf(model.merges, name),
    added,
    normalizer: checkedNormalizer(file.normalizer),
    preTokenizer: checkedPreTokenizer(withPrefixSpace(file.pre_tokenizer, settings, of)),
    ignoreMerges: model.ignore_merges === true,
    byteFallback: model.byte_fallback === true,
    unknown: unknown !== null && vocab.has(unknown) ? unknown : null,
    fuseUnknown: model.fuse_unk === true,
    bos: bosOfFiles(ends),
    eos: eosOfFiles(ends),
    splitsSpecial: settings.split_special_tokens === true,
  });
}

/** Classes on bytes take `add_prefix_space` of tokenizer_config.json, no if it is not there, over that of tokenizer.json. */
function withPrefixSpace(step: unknown, config: Json, of: TokenizerClass | null): unknown {
  const { type } = Object(step) as Json;
  if (of === null || type !== "ByteLevel") return step;
  return { ...(step as Json), add_prefix_space: config.add_prefix_space === true };
}

function checkModel(model: Json, name: string): void {
  const { type, dropout, continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = model;
  if (type !== "BPE" && !(type === undefined && Array.isArray(model.merges))) {
    throw new InputError("tokenizer", `${name} needs the model BPE, got ${JSON.stringify(type)}`);
  }
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
