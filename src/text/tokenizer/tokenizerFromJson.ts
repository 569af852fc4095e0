/** @file The tokenizer of a Hugging Face folder: tokenizer.json, with tokenizer_config.json beside it. */
import { InputError } from "../../base/errors.ts";
import { bpeTokenizer, type AddedToken } from "./bpeTokenizer.ts";
import { checkedNormalizer, checkedPreTokenizer, hasStep } from "./textPipeline.ts";
import type { BosPolicy, Tokenizer } from "./tokenizer.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The tokenizer that a tokenizer.json describes: byte-pair encoding on bytes (GPT-2, NeoX, Qwen, Llama 3) or on characters
 * with bytes to fall back on (Llama 2, Mistral, Gemma).
 *
 * @param json contents of tokenizer.json, as text or parsed
 * @param config contents of tokenizer_config.json, as text or parsed, for BOS; null if there is none
 * @param name what messages call it
 * @throws {InputError} "tokenizer" for other models, steps that are not known, and what is malformed
 */
export function tokenizerFromJson(
  json: unknown,
  config: unknown = null,
  name = "tokenizer.json",
): Tokenizer {
  const file = object(parsed(json, name), name);
  const settings =
    config === null ? {} : object(parsed(config, "tokenizer_config.json"), "tokenizer_config.json");
  const model = object(file.model, `${name}: model`);
  checkModel(model, name);
  const vocab = vocabOf(model.vocab, name);
  const added = addedTokens(file.added_tokens, name);
  const unknown = typeof model.unk_token === "string" ? model.unk_token : null;
  const byteLevel = hasStep(file.decoder, "ByteLevel") || hasStep(file.pre_tokenizer, "ByteLevel");
  return bpeTokenizer({
    description: name,
    kind: byteLevel ? "byte-level" : "metaspace",
    vocab,
    merges: mergesOf(model.merges, name),
    added,
    normalizer: checkedNormalizer(file.normalizer),
    preTokenizer: checkedPreTokenizer(file.pre_tokenizer),
    ignoreMerges: model.ignore_merges === true,
    byteFallback: model.byte_fallback === true,
    unknown: unknown !== null && vocab.has(unknown) ? unknown : null,
    fuseUnknown: model.fuse_unk === true,
    bos: bosPolicy(file.post_processor, settings, vocab, added),
  });
}

/** The same, from the vocab.json and merges.txt of older folders: GPT-2's kind. */
export function tokenizerFromMerges(
  vocab: unknown,
  merges: string,
  config: unknown = null,
): Tokenizer {
  const file = {
    model: {
      type: "BPE",
      vocab: parsed(vocab, "vocab.json"),
      merges: merges.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version")),
    },
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
    added_tokens: namedSpecials(object(parsed(vocab, "vocab.json"), "vocab.json")),
  };
  return tokenizerFromJson(file, config, "vocab.json and merges.txt");
}

/** These files do not list their special tokens; GPT-2's family writes them like this. */
function namedSpecials(vocab: Json): object[] {
  return Object.entries(vocab)
    .filter(([token]) => /^<\|\w+\|>$|^<\/?\w+>$/.test(token))
    .map(([content, id]) => ({ id, content, special: true, normalized: false }));
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

function vocabOf(value: unknown, name: string): Map<string, number> {
  const vocab = new Map<string, number>();
  for (const [token, id] of Object.entries(object(value, `${name}: model.vocab`))) {
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

function mergesOf(value: unknown, name: string): (readonly [string, string])[] {
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
    const { id, content, special, normalized, lstrip, rstrip } = object(
      entry,
      `${name}: added_tokens`,
    );
    if (typeof id !== "number" || typeof content !== "string" || content === "") {
      throw new InputError(
        "tokenizer",
        `${name} needs added tokens with id and content, got ${JSON.stringify(entry).slice(0, 80)}`,
      );
    }
    const isSpecial = special === true;
    return {
      id,
      content,
      special: isSpecial,
      normalized: typeof normalized === "boolean" ? normalized : !isSpecial,
      lstrip: lstrip === true,
      rstrip: rstrip === true,
    };
  });
}

function bosPolicy(
  postProcessor: unknown,
  config: Json,
  vocab: ReadonlyMap<string, number>,
  added: readonly AddedToken[],
): BosPolicy {
  const token =
    typeof config.bos_token === "string"
      ? config.bos_token
      : (Object(config.bos_token) as Json).content;
  const idOf = (content: unknown) =>
    typeof content === "string"
      ? (added.find((each) => each.content === content)?.id ?? vocab.get(content) ?? null)
      : null;
  const first = idOf(firstOfTemplate(postProcessor));
  const id = idOf(token) ?? first;
  if (typeof config.add_bos_token === "boolean" && id !== null) {
    return {
      id,
      addToText: config.add_bos_token,
      why: `tokenizer_config.json sets add_bos_token ${config.add_bos_token}`,
    };
  }
  if (first !== null)
    return { id: first, addToText: true, why: "the template in tokenizer.json begins with it" };
  if (id === null) return { id, addToText: false, why: "the tokenizer names no BOS" };
  return {
    id,
    addToText: false,
    why: "tokenizer_config.json names it, and the template does not begin with it",
  };
}

/** The special token that a post-processor puts in front of a text, if it does. */
function firstOfTemplate(step: unknown): unknown {
  const { type, single, cls, processors } = Object(step) as Json;
  if (type === "Sequence" && Array.isArray(processors)) {
    return processors.map(firstOfTemplate).find((token) => token !== undefined);
  }
  if (type === "TemplateProcessing" && Array.isArray(single)) {
    return (Object((Object(single[0]) as Json).SpecialToken) as Json).id;
  }
  return (type === "RobertaProcessing" || type === "BertProcessing") && Array.isArray(cls)
    ? cls[0]
    : undefined;
}

function parsed(value: unknown, name: string): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new InputError("tokenizer", `${name} is not JSON`, { cause });
  }
}

function object(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError(
      "tokenizer",
      `${what} needs an object, got ${JSON.stringify(value)?.slice(0, 80)}`,
    );
  }
  return value as Json;
}
