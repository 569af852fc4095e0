/** @file The tokenizer of folders with SentencePiece's own file and no tokenizer.json, as LLaMA, Mistral and Gemma first had. */
import { InputError } from "../../base/errors.ts";
import { addedToken } from "./addedToken.ts";
import { bosOfFiles, contentOf, eosOfFiles } from "./bosOfFiles.ts";
import { sentencePieceFile, type SentencePieceFile } from "./sentencePieceFile.ts";
import { charsmapOf } from "./charsmap.ts";
import { anyOf, TYPE } from "./pieceTypes.ts";
import { bytesOfPiece } from "./pipelineTokenizer.ts";
import { sentenceNormalizer } from "./sentenceNormalizer.ts";
import { bpeIds, spmTokenizer, type PieceTable } from "./spmTokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenizerClass } from "./tokenizerClasses.ts";
import { parsedObject } from "./tokenizerFromJson.ts";
import { namesOfSpecials } from "./addedTokensOfFiles.ts";
import { unigramIds } from "./unigram.ts";
import { WAY_ON } from "./wayOn.ts";

type Json = Readonly<Record<string, unknown>>;

/** Contents of the files; left out or null: there is no such file. */
export interface SentencePieceFiles {
  readonly model: Uint8Array;
  /** What messages call it. */
  readonly name: string;
  /** tokenizer_config.json */
  readonly config?: string | null | undefined;
  /** added_tokens.json */
  readonly addedTokens?: string | null | undefined;
  /** config.json */
  readonly modelConfig?: string | null | undefined;
}

/**
 * The tokenizer that the file makes: BPE or Unigram of pieces that have scores, as `SentencePieceProcessor.encode` cuts. Names of control tokens
 * and of added ones in a text become those tokens, as in transformers; what is between them begins with the space that the file
 * puts in front, but with `legacy` false only at the beginning of the text.
 *
 * @throws {InputError} "tokenizer" for other kinds and for what is malformed, with the way on
 * @see transformers 5.24, whose class LlamaTokenizer takes a space that a text begins with for the one in front, and joins
 *   user-defined pieces: this follows SentencePiece
 */
export function tokenizerFromSentencePiece(files: SentencePieceFiles): Tokenizer {
  const file = sentencePieceFile(files.model, files.name);
  checkKind(file, files.name);
  const config = objectIn(files.config, "tokenizer_config.json");
  const { tokens, types, added } = withAdded(file, config, objectIn(files.addedTokens, ADDED));
  const ofType = (...kinds: number[]) =>
    tokens.flatMap((token, id) => (kinds.includes(types[id]!) ? [[token, id] as const] : []));
  const special = ofType(TYPE.control, TYPE.unknown).map(([content, id]) => ({ id, content }));
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const ends = {
    ...{ postProcessor: undefined, config, specials: {}, of: classOfFile(file, files.name) },
    idOf: (token: string) => ids.get(token) ?? null,
  };
  const everywhere = isLegacy(config, objectIn(files.modelConfig, "config.json"));
  const splits = config.split_special_tokens === true;
  const apart = [...special, ...added].filter(
    ({ id }) => !splits || types[id] === TYPE.userDefined,
  );
  const exceptions = anyOf(ofType(TYPE.userDefined).map(([token]) => token));
  const normalize = normalizerIn(file, exceptions);
  const encoder = new TextEncoder();
  return spmTokenizer({
    description: `${files.name} (SentencePiece${file.kind === "bpe" ? "" : `, ${file.kind}`})`,
    vocabSize: tokens.length,
    specialTokens: special,
    bos: bosOfFiles(ends),
    eos: eosOfFiles(ends),
    apart: new Map(apart.map(({ content, id }) => [content, id])),
    normalize: (part, isFirst) => normalize(part, file.addsPrefix && (isFirst || everywhere)),
    cut: CUTS[file.kind]!({ ...file, tokens, types }),
    bytesOf: (id) => {
      const token = tokens[id];
      if (token === undefined) return null;
      return types[id] === TYPE.control || types[id] === TYPE.unknown
        ? encoder.encode(token)
        : bytesOfPiece(token);
    },
  });
}

const ADDED = "added_tokens.json";

/** What the file itself says as a class would: names of BOS and EOS, which those of tokenizer_config.json come before. */
export function classOfFile({ tokens, bos, eos }: SentencePieceFile, name: string): TokenizerClass {
  const [bosName, eosName] = [tokens[bos], tokens[eos]];
  const specials = {
    ...(bosName !== undefined && { bos_token: bosName }),
    ...(eosName !== undefined && { eos_token: eosName }),
  };
  return { name, specials, normalizer: null, preTokenizer: () => ({}), usesTemplate: true };
}

/**
 * Families whose files the reference reads with its general class, whatever class they name: the table TOKENIZER_MAPPING_NAMES of
 * models/auto/tokenization_auto.py.
 */
const OF_GENERAL_CLASS =
  /^(mistral|mixtral|ministral3?|phi3|granite(moe(hybrid|shared)?)?|stablelm|internlm3|jamba|olmo[23]|flex_olmo|persimmon|nemotron|minimax_m2|ernie4_5(_moe)?|glm4?(_moe)?|iquestcoder)$/;

/** Whether each part between special tokens begins with a space: so but for LLaMA's class, where no file says `legacy`. */
function isLegacy(
  { legacy, tokenizer_class: className }: Json,
  { model_type: type }: Json,
): boolean {
  if (typeof legacy === "boolean") return legacy;
  if (typeof type === "string" && OF_GENERAL_CLASS.test(type)) return true;
  return !(typeof className === "string" && /^(Code)?LlamaTokenizer(Fast)?$/.test(className));
}

/** How text is cut, by the kind of the model; of characters no two make a piece. */
const CUTS: Readonly<Record<string, (table: PieceTable) => (normalized: string) => number[]>> = {
  bpe: bpeIds,
  char: bpeIds,
  unigram: unigramIds,
};

/** @throws {InputError} "tokenizer" for a table that is malformed */
function normalizerIn(file: SentencePieceFile, exceptions: RegExp | null) {
  const { addsPrefix, dropsSpaces, spacesBehind, marksSpaces, table } = file;
  return sentenceNormalizer({
    ...{ prefix: addsPrefix, collapses: dropsSpaces, behind: spacesBehind, marks: marksSpaces },
    ...{ charsmap: table && charsmapOf(table), exceptions },
  });
}

/** @throws {InputError} "tokenizer" for what is not read, with the way on */
function checkKind({ kind }: SentencePieceFile, name: string): void {
  if (Object.hasOwn(CUTS, kind)) return;
  throw new InputError(
    "tokenizer",
    `${name} is a model of the kind ${kind}, which is not read here (${Object.keys(CUTS).join(", ")} are); ${WAY_ON}; token ids need none`,
  );
}

/** Pieces with what the files beside them add or rename: `added_tokens_decoder`, or else added_tokens.json. */
export function withAdded(file: SentencePieceFile, config: Json, legacy: Json) {
  const decoder = config.added_tokens_decoder;
  const entries: [number, string, Json][] =
    decoder === undefined
      ? Object.entries(legacy).map(([content, id]) => [Number(id), content, {}])
      : Object.entries(parsedObject(decoder, "tokenizer_config.json: added_tokens_decoder")).map(
          ([id, token]) => [Number(id), contentOf(token) ?? "", Object(token) as Json],
        );
  const [tokens, types] = [[...file.tokens], [...file.types]];
  const specials = namesOfSpecials(config);
  const added = entries
    .sort(([first], [other]) => first - other)
    .map(([id, content, flags]) => {
      if (content === "" || !Number.isInteger(id) || id < 0 || id > tokens.length)
        throw new InputError(
          "tokenizer",
          `an added token needs text and an id that is a piece's or the next, ${tokens.length}, got ${JSON.stringify(content)} with ${id}`,
        );
      const isSpecial = flags.special === true || specials.has(content);
      const token = addedToken(id, content, isSpecial, flags);
      if (token.lstrip || token.rstrip)
        throw new InputError(
          "tokenizer",
          `the added token ${JSON.stringify(content)} takes the spaces beside it (lstrip, rstrip), which is not read beside a tokenizer.model; ${WAY_ON}`,
        );
      [tokens[id], types[id]] = [content, isSpecial ? TYPE.control : TYPE.userDefined];
      return token;
    });
  return { tokens, types, added };
}

function objectIn(text: string | null | undefined, name: string): Json {
  return text === null || text === undefined ? {} : parsedObject(text, name);
}
