/**
 * @file What classes make of a vocabulary that is no tokenizer.json: BERT's vocab.txt, and SentencePiece's file under the names
 * spiece.model (T5) and sentencepiece.bpe.model (XLM-R, CamemBERT), whose ids are not those of its pieces.
 * Source: transformers 5.24, models/{bert,t5,xlm_roberta,camembert}/tokenization_*.py and `convert_from_spm` of
 * convert_slow_tokenizer.py; tests hold it against that.
 */
import { InputError } from "../../base/errors.ts";
import { contentOf } from "./bosOfFiles.ts";
import { TYPE } from "./pieceTypes.ts";
import type { SentencePieceFile } from "./sentencePieceFile.ts";
import type { TokenizerClass } from "./tokenizerClasses.ts";
import { WAY_ON } from "./wayOn.ts";

type Json = Readonly<Record<string, unknown>>;
type ScoredPiece = readonly [piece: string, score: number];

/** What a tokenizer.json would have. */
export interface ClassJson {
  readonly model: Json;
  readonly normalizer: object | null;
  readonly pre_tokenizer: object;
  /** Tokens of the vocabulary that are special though no file beside it names them. */
  readonly special: readonly string[];
  /** tokenizer_config.json, with what the class changes in it. */
  readonly settings: Json;
}

/** A class that has a vocabulary of SentencePiece's, and what it makes of it. */
export interface PieceClass {
  readonly of: TokenizerClass;
  readonly modelTypes: readonly string[];
  readonly json: (file: SentencePieceFile, settings: Json, name: string) => ClassJson;
}

const plain = { normalizer: null, preTokenizer: () => ({}), usesTemplate: true };

const t5: PieceClass = {
  of: {
    ...{ name: "T5Tokenizer", ...plain, ends: "eos_token" },
    specials: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" },
  },
  modelTypes: ["t5", "mt5"],
  json(file, settings, name) {
    checkTypes(file, name, "T5Tokenizer", [TYPE.control, TYPE.control, TYPE.unknown]);
    const { extra_ids: extra = 100, additional_special_tokens: more } = settings;
    const extraIds = Array.from({ length: Number(extra) }, (_, id) => `<extra_id_${id}>`);
    const vocab = [...scored(file), ...extraIds.toReversed().map(withoutScore)];
    const isNamed = !Array.isArray(more) || String(more).includes("<extra_id_");
    return {
      ...ofPieces(file, settings, vocab, 2),
      special: [...specialsIn(file), ...(isNamed ? extraIds : [])],
    };
  },
};

const FAIRSEQ = {
  ...{ bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>", sep_token: "</s>" },
  ...{ pad_token: "<pad>", cls_token: "<s>", mask_token: "<mask>" },
};
type SpecialName = keyof typeof FAIRSEQ extends `${infer Name}_token` ? Name : never;

const fairseq = (name: string): TokenizerClass => ({
  ...{ name, ...plain, specials: FAIRSEQ, begins: "bos_token", ends: "eos_token" },
});
const FIRST_THREE = [TYPE.unknown, TYPE.control, TYPE.control];

const xlmRoberta: PieceClass = {
  of: fairseq("XLMRobertaTokenizer"),
  modelTypes: ["xlm-roberta"],
  json(file, settings, name) {
    checkTypes(file, name, "XLMRobertaTokenizer", FIRST_THREE);
    const [bos, pad, eos, unknown, mask] = namesOf(settings, "bos", "pad", "eos", "unk", "mask");
    const vocab = [
      ...[bos, pad, eos, unknown].map(withoutScore),
      ...scored(file).slice(3),
      withoutScore(mask),
    ];
    return ofPieces(file, settings, vocab, 3);
  },
};

const camembert: PieceClass = {
  of: fairseq("CamembertTokenizer"),
  modelTypes: ["camembert"],
  json(file, settings, name) {
    checkTypes(file, name, "CamembertTokenizer", FIRST_THREE);
    const [pad, unknown, mask] = namesOf(settings, "pad", "unk", "mask");
    const vocab: ScoredPiece[] = [
      ...["<s>NOTUSED", pad, "</s>NOTUSED", unknown].map(withoutScore),
      ["<unk>NOTUSED", -100],
      ...scored(file).slice(1),
      withoutScore(mask),
    ];
    const takesSpace = { mask_token: { content: mask, lstrip: true } };
    const isText = typeof (settings.mask_token ?? mask) === "string";
    return ofPieces(file, { ...settings, ...(isText && takesSpace) }, vocab, 3);
  },
};

export const PIECE_CLASSES: readonly PieceClass[] = [t5, xlmRoberta, camembert];

const withoutScore = (piece: string): ScoredPiece => [piece, 0];
const scored = ({ tokens, scores }: SentencePieceFile) =>
  tokens.map((token, id): ScoredPiece => [token, scores[id]!]);
const specialsIn = ({ tokens, types }: SentencePieceFile) =>
  tokens.filter((_, id) => types[id] === TYPE.control);

/** Names of special tokens as tokenizer_config.json has them, or else as the class. */
function namesOf<Keys extends readonly SpecialName[]>(settings: Json, ...keys: Keys) {
  return keys.map((key) => contentOf(settings[`${key}_token`]) ?? FAIRSEQ[`${key}_token`]) as {
    [Key in keyof Keys]: string;
  };
}

/** Words are cut at spaces, each with a space in front, and characters are rewritten by the file's own table. */
function ofPieces(
  file: SentencePieceFile,
  settings: Json,
  vocab: readonly ScoredPiece[],
  unknown: number,
): ClassJson {
  const prefix = settings.add_prefix_space === false ? "never" : "always";
  return {
    model: { type: "Unigram", unk_id: unknown, vocab },
    normalizer: file.table && {
      type: "Precompiled",
      precompiled_charsmap: base64(file.table),
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "WhitespaceSplit" },
        { type: "Metaspace", replacement: "\u2581", prepend_scheme: prefix },
      ],
    },
    special: specialsIn(file),
    settings,
  };
}

/** Not `Buffer`: browsers have none. */
function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @throws {InputError} "tokenizer" for pieces that the class does not expect: its ids would be guesses */
function checkTypes(
  { kind, tokens, types }: SentencePieceFile,
  name: string,
  className: string,
  first: readonly number[],
): void {
  const isExpected = kind === "unigram" && first.every((type, id) => types[id] === type);
  const others = types.some((type) => type === TYPE.userDefined || type === TYPE.byte);
  if (isExpected && !others) return;
  const got = isExpected
    ? "user-defined pieces or bytes"
    : `the kind ${kind} and first ${tokens.slice(0, 3).join(" ")}`;
  throw new InputError(
    "tokenizer",
    `${name} is not as ${className} has it: it has ${got}, so what ids its pieces have is not sure; ${WAY_ON}`,
  );
}

/** BERT's classes, which have one vocabulary of words and pieces. */
export const BERT: TokenizerClass = {
  ...{ name: "BertTokenizer", ...plain, begins: "cls_token", ends: "sep_token" },
  specials: {
    ...{ unk_token: "[UNK]", sep_token: "[SEP]", pad_token: "[PAD]" },
    ...{ cls_token: "[CLS]", mask_token: "[MASK]" },
  },
};
export const BERT_NAMES: readonly string[] = [
  "BertTokenizer",
  "DistilBertTokenizer",
  "ElectraTokenizer",
];
export const BERT_MODELS: readonly string[] = ["bert", "distilbert", "electra"];

/** @param text of vocab.txt: a token a line */
export function bertJson(text: string, settings: Json): ClassJson {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
  const { do_lower_case: lowercase = true, tokenize_chinese_chars: chinese = true } = settings;
  return {
    model: {
      type: "WordPiece",
      vocab: Object.fromEntries(lines.map((token, id) => [token, id])),
      unk_token: contentOf(settings.unk_token) ?? "[UNK]",
    },
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: chinese === true,
      strip_accents: settings.strip_accents ?? null,
      lowercase: lowercase === true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    special: [],
    settings,
  };
}
