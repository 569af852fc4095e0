/** @file The tokenizer of folders from before tokenizer.json: vocab.json and merges.txt, and the files beside them. */
import { InputError } from "../../base/errors.ts";
import { addedTokensOfFiles, fileOf, type FilesBeside } from "./addedTokensOfFiles.ts";
import { bosOfFiles, eosOfFiles } from "./bosOfFiles.ts";
import { bpeTokenizer } from "./bpeTokenizer.ts";
import { checkedNormalizer, checkedPreTokenizer } from "./textPipeline.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { TOKENIZER_CLASSES, tokenizerClassOf, type TokenizerClass } from "./tokenizerClasses.ts";
import { mergesOf, parsedObject, vocabOf } from "./tokenizerFromJson.ts";

/** Contents of the files, as text. */
export interface MergesFiles extends FilesBeside {
  /** vocab.json */
  readonly vocab: string;
  /** merges.txt */
  readonly merges: string;
}

const NAME = "vocab.json and merges.txt";

/**
 * The tokenizer that the files make, as the reference's class of that name makes it: cut, normalisation, added tokens.
 * Without any configuration it is GPT-2's.
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
  const { added, specials } = addedTokensOfFiles(files, config, of, {
    ids: vocab,
    file: "vocab.json",
  });
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
