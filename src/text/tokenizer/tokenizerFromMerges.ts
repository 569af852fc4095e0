/** @file The tokenizer of folders from before tokenizer.json: vocab.json and merges.txt, and the files beside them. */
import { InputError } from "../../base/errors.ts";
import { addedToken } from "./addedToken.ts";
import { bosOfFiles, contentOf, eosOfFiles } from "./bosOfFiles.ts";
import { bpeTokenizer } from "./bpeTokenizer.ts";
import type { AddedToken } from "./pipelineTokenizer.ts";
import { checkedNormalizer, checkedPreTokenizer } from "./textPipeline.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { TOKENIZER_CLASSES, tokenizerClassOf, type TokenizerClass } from "./tokenizerClasses.ts";
import { mergesOf, parsedObject, vocabOf } from "./tokenizerFromJson.ts";

type Json = Readonly<Record<string, unknown>>;

/** Contents of the files, as text; left out or null: there is no such file. */
export interface MergesFiles {
  /** vocab.json */
  readonly vocab: string;
  /** merges.txt */
  readonly merges: string;
  /** tokenizer_config.json */
  readonly config?: string | null | undefined;
  /** added_tokens.json */
  readonly addedTokens?: string | null | undefined;
  /** special_tokens_map.json */
  readonly specialTokensMap?: string | null | undefined;
  /** config.json */
  readonly modelConfig?: string | null | undefined;
}

const NAME = "vocab.json and merges.txt";
const SPECIAL_KEYS = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map(
  (key) => `${key}_token`,
);

/**
 * The tokenizer that the files make, as the reference's class of that name makes it: cut, normalisation, added tokens.
 * Without any configuration it is GPT-2's.
 *
 * Added tokens are those of `added_tokens_decoder` in tokenizer_config.json; only where that is missing are
 * added_tokens.json and special_tokens_map.json read. Special tokens that no file gives an id follow the last id.
 *
 * @throws {InputError} "tokenizer" for a class that is not known, what is malformed, and ids that two tokens have
 */
export function tokenizerFromMerges(files: MergesFiles): Tokenizer {
  const config = fileOf(files.config, "tokenizer_config.json");
  const tokenizerClass = tokenizerClassOf(config, fileOf(files.modelConfig, "config.json"));
  const of = tokenizerClass.of ?? assumedClass(files, tokenizerClass.name, tokenizerClass.source);
  const vocab = vocabOf(parsedObject(files.vocab, "vocab.json"), "vocab.json");
  const lines = files.merges
    .split(/\r?\n/)
    .filter((line) => line !== "" && !line.startsWith("#version"));
  const { added, specials } = addedTokens(files, config, of, vocab);
  const idOf = (token: string) =>
    added.find(({ content }) => content === token)?.id ?? vocab.get(token) ?? null;
  const ends = { postProcessor: undefined, config, specials, of, idOf };
  return bpeTokenizer({
    description: `${NAME}, as ${of.name} by ${tokenizerClass.source ?? "assumption: no file names a tokenizer_class"}`,
    kind: "byte-level",
    vocab,
    merges: mergesOf(lines, "merges.txt"),
    added,
    normalizer: checkedNormalizer(of.normalizer),
    preTokenizer: checkedPreTokenizer(of.preTokenizer(config.add_prefix_space === true)),
    ignoreMerges: false,
    byteFallback: false,
    unknown: null,
    fuseUnknown: false,
    bos: bosOfFiles(ends),
    eos: eosOfFiles(ends),
    splitsSpecial: config.split_special_tokens === true,
  });
}

/** GPT-2's where nothing is known; refused where a class or a family is named and its cut is not known here. */
function assumedClass(
  files: MergesFiles,
  name: string | null,
  source: string | null,
): TokenizerClass {
  const { model_type: type } = fileOf(files.modelConfig, "config.json");
  if (name === null && type === undefined) return tokenizerClassOf({}, { model_type: "gpt2" }).of!;
  const got =
    name === null
      ? `config.json has model_type ${JSON.stringify(type)} and no file a tokenizer_class`
      : `got ${name} from ${source}`;
  throw new InputError(
    "tokenizer",
    `${NAME} need a tokenizer_class that says how text is cut (known: ${TOKENIZER_CLASSES.join(", ")}), ${got}; a tokenizer.json beside them says it all: AutoTokenizer.from_pretrained(...).save_pretrained(...) writes one`,
  );
}

/** The vocabulary in both directions. */
interface TokenTables {
  readonly vocab: ReadonlyMap<string, number>;
  readonly tokens: ReadonlyMap<number, string>;
}

/** Added tokens, and special_tokens_map.json where it counts. */
function addedTokens(
  files: MergesFiles,
  config: Json,
  of: TokenizerClass,
  vocab: ReadonlyMap<string, number>,
): { added: AddedToken[]; specials: Json } {
  const decoder = config.added_tokens_decoder;
  const specials =
    decoder === undefined ? fileOf(files.specialTokensMap, "special_tokens_map.json") : {};
  const vocabulary: TokenTables = {
    vocab,
    tokens: new Map([...vocab].map(([token, id]) => [id, token])),
  };
  const names = namesOfSpecials({ ...of.specials, ...config, ...specials });
  const withIds: [number, string, Json][] =
    decoder === undefined
      ? Object.entries(fileOf(files.addedTokens, "added_tokens.json")).map(([content, id]) => [
          Number(id),
          content,
          {},
        ])
      : Object.entries(parsedObject(decoder, "tokenizer_config.json: added_tokens_decoder")).map(
          ([id, token]) => [Number(id), contentOf(token) ?? "", Object(token) as Json],
        );
  const added = withIds
    .sort(([first], [other]) => first - other)
    .map(([id, content, flags]) =>
      checkedToken(id, content, flags, names.has(content), vocabulary),
    );
  let next = Math.max(-1, ...added.map(({ id }) => id), largestOf(vocab)) + 1;
  for (const [content, flags] of names) {
    if (added.some((each) => each.content === content)) continue;
    added.push(checkedToken(vocab.get(content) ?? next++, content, flags, true, vocabulary));
  }
  return { added, specials };
}

/** Special tokens by content, in the reference's order, with what the files say of spaces around them. */
export function namesOfSpecials(settings: Json): Map<string, Json> {
  const more = [settings.extra_special_tokens ?? settings.additional_special_tokens ?? []].flat();
  const extra = more.flatMap((each) =>
    typeof each === "string" || contentOf(each) !== null
      ? [each]
      : Object.values(Object(each) as Json),
  );
  const tokens = [...SPECIAL_KEYS.map((key) => settings[key]), ...extra];
  const names = new Map<string, Json>();
  for (const token of tokens) {
    const content = contentOf(token);
    if (content !== null && content !== "" && !names.has(content))
      names.set(content, typeof token === "string" ? {} : (token as Json));
  }
  return names;
}

/** The token, once its id and its text are not those of others. */
function checkedToken(
  id: number,
  content: string,
  flags: Json,
  isNamed: boolean,
  vocabulary: TokenTables,
): AddedToken {
  const own = vocabulary.vocab.get(content) ?? id;
  const other = vocabulary.tokens.get(id) ?? content;
  if (content === "" || !Number.isInteger(id) || id < 0 || own !== id || other !== content)
    throw new InputError(
      "tokenizer",
      `an added token needs text and an id of its own, got ${JSON.stringify(content)} with ${id}; vocab.json has ${JSON.stringify(own === id ? { [other]: id } : { [content]: own })}`,
    );
  return addedToken(id, content, flags.special === true || isNamed, flags);
}

function largestOf(vocab: ReadonlyMap<string, number>): number {
  let largest = -1;
  for (const id of vocab.values()) largest = Math.max(largest, id);
  return largest;
}

function fileOf(text: string | null | undefined, name: string): Json {
  return text === null || text === undefined ? {} : parsedObject(text, name);
}
