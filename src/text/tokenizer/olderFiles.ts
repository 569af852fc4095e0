/** @file Folders from before tokenizer.json whose vocabulary is BERT's vocab.txt, or SentencePiece's file under another name than tokenizer.model. */
import { InputError } from "../../base/errors.ts";
import { addedTokensOfFiles, fileOf, type FilesBeside } from "./addedTokensOfFiles.ts";
import {
  BERT,
  BERT_MODELS,
  BERT_NAMES,
  bertJson,
  PIECE_CLASSES,
  type ClassJson,
} from "./olderClasses.ts";
import { sentencePieceFile } from "./sentencePieceFile.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { tokenizerClassOf, type TokenizerClass } from "./tokenizerClasses.ts";
import { WAY_ON } from "./wayOn.ts";
import { tokenizerOf } from "./tokenizerFromJson.ts";

type Json = Readonly<Record<string, unknown>>;

export interface OlderFiles extends FilesBeside {
  readonly name: "spiece.model" | "sentencepiece.bpe.model" | "vocab.txt";
  readonly bytes: Uint8Array;
}

/** What a tokenizer.json would say, and what beside it the class does by itself. */
export interface OlderVocabulary {
  readonly file: Json;
  readonly of: TokenizerClass;
  /** tokenizer_config.json */
  readonly settings: Json;
  /** special_tokens_map.json, if it counts. */
  readonly specials: Json;
  readonly description: string;
}

/**
 * The tokenizer that the file makes, as the reference's class of its name makes it.
 *
 * @throws {InputError} "tokenizer" for classes that are not read, for pieces that are not as the class takes them to be, and for
 *   what is malformed, with the way on
 */
export function tokenizerFromOlderFiles(files: OlderFiles): Tokenizer {
  const { file, ...others } = olderVocabulary(files);
  return tokenizerOf({
    ...{ file, name: files.name, ...others, postProcessor: undefined },
    normalizer: file.normalizer,
    preTokenizer: file.pre_tokenizer,
  });
}

/** @throws {InputError} "tokenizer" as {@link tokenizerFromOlderFiles} */
export function olderVocabulary(files: OlderFiles): OlderVocabulary {
  const config = fileOf(files.config, "tokenizer_config.json");
  const map = fileOf(files.specialTokensMap, "special_tokens_map.json");
  const { of, source, json } = makerOf(files, config);
  const settingsOfFiles =
    config.added_tokens_decoder === undefined ? { ...config, ...map } : config;
  const { special, settings, ...parts } = json(settingsOfFiles);
  const ids = idsOf(parts.model);
  const { added, specials } = addedTokensOfFiles(files, settings, of, { ids, file: files.name });
  const more = special
    .filter((content) => !added.some((each) => each.content === content))
    .map((content) => ({ id: ids.get(content)!, content, special: true, normalized: false }));
  return {
    file: { ...parts, added_tokens: [...added, ...more] },
    ...{ of, settings, specials, description: `${files.name}, as ${of.name} by ${source}` },
  };
}

interface Maker {
  readonly of: TokenizerClass;
  /** The file that says so. */
  readonly source: string;
  readonly json: (settings: Json) => ClassJson;
}

/** @throws {InputError} "tokenizer" where no file names a class that is read */
function makerOf({ name, bytes, modelConfig }: OlderFiles, config: Json): Maker {
  const model = fileOf(modelConfig, "config.json");
  const { name: className, source } = tokenizerClassOf(config, model);
  const type = String(model.model_type);
  const isNamed = (names: readonly string[], types: readonly string[]) =>
    className === null ? types.includes(type) : names.includes(className);
  const by = source ?? `config.json (model_type ${type})`;
  if (name === "vocab.txt") {
    if (isNamed(BERT_NAMES, BERT_MODELS) && config.do_basic_tokenize !== false) {
      const text = new TextDecoder().decode(bytes);
      return { of: BERT, source: by, json: (settings) => bertJson(text, settings) };
    }
    throw unread(name, BERT_NAMES, className, by);
  }
  const found = PIECE_CLASSES.find(({ of, modelTypes }) => isNamed([of.name], modelTypes));
  const names = PIECE_CLASSES.map(({ of }) => of.name);
  if (!found) throw unread(name, names, className, by);
  const file = sentencePieceFile(bytes, name);
  return { of: found.of, source: by, json: (settings) => found.json(file, settings, name) };
}

function unread(
  file: string,
  known: readonly string[],
  className: string | null,
  source: string,
): InputError {
  const got =
    className === null
      ? `no file names one that is known (${source})`
      : `got ${className} from ${source}`;
  return new InputError(
    "tokenizer",
    `the tokenizer beside the model is ${file}, which needs a tokenizer_class that says what its ids are (known: ${known.join(", ")}), ${got}; ${WAY_ON}; token ids need none`,
  );
}

function idsOf({ vocab }: Json): ReadonlyMap<string, number> {
  if (!Array.isArray(vocab)) return new Map(Object.entries(vocab as Record<string, number>));
  return new Map((vocab as [string, number][]).map(([piece], id) => [piece, id]));
}
