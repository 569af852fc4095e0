/**
 * @file What follows from the class that a tokenizer_config.json names, for the kinds that vocab.json and merges.txt make.
 * Source: transformers 5.24, models/{gpt2,qwen2,gpt_neox,codegen,cohere}/tokenization_*.py; tests hold it against that.
 */
import { SPLIT_PATTERNS } from "./splitPatterns.ts";

type Json = Readonly<Record<string, unknown>>;

/** A class of tokenizers on bytes. */
export interface TokenizerClass {
  readonly name: string;
  readonly normalizer: object | null;
  /** The cut, as tokenizer.json would have it; `space` puts one in front of a text. */
  readonly preTokenizer: (space: boolean) => object;
  /** Names of special tokens where no file gives any; null for missing ones. */
  readonly specials: Readonly<Record<string, string>>;
  /** Whether it follows the template of a tokenizer.json: GPT-NeoX's class makes its own. */
  readonly usesTemplate: boolean;
  /** The special token that it puts before every text, whatever `add_bos_token` says; left out: that decides. */
  readonly begins?: string;
  /** The special token that it puts behind every text, whatever `add_eos_token` says; left out: that decides. */
  readonly ends?: string;
}

const END = "<|endoftext|>";
const GPT2_SPECIALS = { bos_token: END, eos_token: END, unk_token: END };
const byteLevel = (space: boolean) => ({ type: "ByteLevel", add_prefix_space: space });
const NFC = { type: "NFC" };

const gpt2: TokenizerClass = {
  name: "GPT2Tokenizer",
  normalizer: null,
  preTokenizer: byteLevel,
  specials: GPT2_SPECIALS,
  usesTemplate: true,
};
const codegen: TokenizerClass = { ...gpt2, name: "CodeGenTokenizer" };
const gptNeox: TokenizerClass = {
  ...gpt2,
  name: "GPTNeoXTokenizer",
  normalizer: NFC,
  specials: { ...GPT2_SPECIALS, pad_token: "<|padding|>" },
  usesTemplate: false,
};
const qwen2: TokenizerClass = {
  name: "Qwen2Tokenizer",
  normalizer: NFC,
  preTokenizer: (space) => ({
    type: "Sequence",
    pretokenizers: [
      SPLIT_PATTERNS.get("qwen2")!.preTokenizer.pretokenizers[0],
      { type: "ByteLevel", add_prefix_space: space, use_regex: false },
    ],
  }),
  specials: { eos_token: END, unk_token: END, pad_token: END },
  usesTemplate: true,
};
const cohere: TokenizerClass = {
  name: "CohereTokenizer",
  normalizer: NFC,
  preTokenizer: (space) => ({
    type: "Sequence",
    pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel(space)],
  }),
  specials: {
    ...{ bos_token: "<BOS_TOKEN>", eos_token: "<|END_OF_TURN_TOKEN|>", unk_token: "<UNK>" },
    ...{ sep_token: "<SEP>", pad_token: "<PAD>", cls_token: "<CLS>", mask_token: "<MASK_TOKEN>" },
  },
  usesTemplate: true,
};

const roberta: TokenizerClass = {
  ...gpt2,
  name: "RobertaTokenizer",
  specials: {
    ...{ bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>", sep_token: "</s>" },
    ...{ pad_token: "<pad>", cls_token: "<s>", mask_token: "<mask>" },
  },
  begins: "cls_token",
  ends: "sep_token",
};

const CLASSES = new Map(
  [gpt2, codegen, gptNeox, qwen2, cohere, roberta].map((each) => [each.name, each]),
);
/** Names that the reference takes for another class. */
const ALIASES: Readonly<Record<string, string>> = {
  ...{ BartTokenizer: roberta.name, LongformerTokenizer: roberta.name },
  ...{ LEDTokenizer: roberta.name },
};

/** Names of the classes that are known, for messages. */
export const TOKENIZER_CLASSES: readonly string[] = [...CLASSES.keys()];

/** The class where no file names one, by `model_type` of config.json: the reference's table. */
const CLASS_OF_MODEL: Readonly<Record<string, TokenizerClass>> = {
  ...{ gpt2, gpt_neo: gpt2, gptj: gpt2, opt: gpt2, phi: gpt2, starcoder2: gpt2, jais2: gpt2 },
  ...{ codegen, gpt_neox: gptNeox, cohere, cohere2: cohere },
  ...{ falcon_mamba: gptNeox, mamba: gptNeox, mamba2: gptNeox, mpt: gptNeox, olmo: gptNeox },
  ...{ olmoe: gptNeox, roberta, bart: roberta },
  ...{ qwen2, qwen2_moe: qwen2, qwen3: qwen2, qwen3_moe: qwen2, qwen3_next: qwen2 },
  ...{ qwen2_vl: qwen2, qwen2_5_vl: qwen2, qwen3_vl: qwen2 },
};

/** What the files of a folder say about the class of its tokenizer. */
export interface NamedClass {
  /** As the files write it, without "Fast"; null if none does. */
  readonly name: string | null;
  /** The file that says so, and in which words; null if none does. */
  readonly source: string | null;
  /** The class, if it is one of those that are known. */
  readonly of: TokenizerClass | null;
}

/**
 * The class of a folder's tokenizer: `tokenizer_class` of tokenizer_config.json, then of config.json, then what its
 * `model_type` means.
 *
 * @param config tokenizer_config.json; @param model config.json; each empty if there is none
 */
export function tokenizerClassOf(config: Json, model: Json): NamedClass {
  for (const [file, { tokenizer_class: className }] of [
    ["tokenizer_config.json", config],
    ["config.json", model],
  ] as const) {
    if (typeof className !== "string") continue;
    const name = className.replace(/Fast$/, "");
    const source = `${file} (tokenizer_class ${className})`;
    return { name, source, of: CLASSES.get(ALIASES[name] ?? name) ?? null };
  }
  const type = model.model_type;
  const of =
    typeof type === "string" && Object.hasOwn(CLASS_OF_MODEL, type) ? CLASS_OF_MODEL[type]! : null;
  const source = of ? `config.json (model_type ${String(type)})` : null;
  return { name: of?.name ?? null, source, of };
}
