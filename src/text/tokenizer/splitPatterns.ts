/** @file How byte-level tokenizers cut text before they merge: regular expressions, in the syntax of tokenizer.json. */

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const WORD = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
const SIGNS = " ?[^\\s\\p{L}\\p{N}]+";

const LLAMA3 = `${ENDINGS}|${WORD}|\\p{N}{1,3}|${SIGNS}[\\r\\n]*|${SPACES}`;
const QWEN2 = LLAMA3.replace("\\p{N}{1,3}", "\\p{N}");

/** Words that begin anew where a small letter is followed by a capital, as in "camelCase". */
function camelCase(end: string, none = ""): string {
  const upper = `${none}[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]`;
  const lower = `${none}[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]`;
  const lead = "[^\\r\\n\\p{L}\\p{N}]?";
  return `${lead}(?:${upper})*(?:${lower})+${end}|${lead}(?:${upper})+(?:${lower})*${end}`;
}
const TEKKEN = `${camelCase("")}|\\p{N}|${SIGNS}[\\r\\n/]*|${SPACES}`;
const GPT4O = `${camelCase(`${ENDINGS}?`)}|\\p{N}{1,3}|${SIGNS}[\\r\\n/]*|${SPACES}`;
/** Chinese characters by themselves. */
const KIMI = `\\p{Script=Han}+|${camelCase(`${ENDINGS}?`, "(?!\\p{Script=Han})")}|\\p{N}{1,3}|${SIGNS}[\\r\\n]*|${SPACES}`;

/** Letters that have a case, as DeepSeek LLM lists them. */
const CASED =
  "A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373" +
  "\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481" +
  "\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B" +
  "\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B" +
  "\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB" +
  "\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128" +
  "\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4" +
  "\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF" +
  "\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\u{10400}-\u{1044F}\u{104B0}-\u{104D3}\u{104D8}-\u{104FB}" +
  "\u{10C80}-\u{10CB2}\u{10CC0}-\u{10CF2}\u{118A0}-\u{118DF}\u{1E900}-\u{1E943}";

const DEEPSEEK_LLM = [
  "[\r\n]",
  `\\s?[${CASED}]+`,
  "\\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+",
  "\\s+$",
  "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+",
  "\\p{N}+",
];
const DEEPSEEK_CODER = [
  "[\r\n]",
  "\\s?\\p{L}+",
  "\\s?\\p{P}+",
  "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+",
  "\\p{N}",
];
const DEEPSEEK3 = [
  "\\p{N}{1,3}",
  "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+",
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
];
const BLOOM = " ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";

const split = (Regex: string) => ({
  type: "Split",
  pattern: { Regex },
  behavior: "Isolated",
  invert: false,
});
/** Digits one by one, in every script: the library's own step knows ASCII only. */
const DIGITS = split("\\p{N}");
const BYTES = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };

/** GPT-2's cut, spelled out: the library's built-in one takes U+FEFF for a space and U+0085 for none. */
export const GPT2_SPLIT = split(GPT2);

/** What follows from the name of a cut. */
export interface SplitPattern {
  readonly preTokenizer: { readonly type: "Sequence"; readonly pretokenizers: readonly object[] };
  readonly normalizer: { readonly type: "NFC" } | null;
  /** Whether a word that is a token as a whole is taken whole, before any merge. */
  readonly ignoreMerges: boolean;
  /** Whether a text begins with BOS where the file does not say. */
  readonly bos: boolean;
}

interface SplitOptions extends Partial<Omit<SplitPattern, "preTokenizer" | "normalizer">> {
  readonly nfc?: boolean;
}

const cut = (
  steps: readonly (string | object)[],
  { nfc, ...more }: SplitOptions = {},
): SplitPattern => {
  const splits = steps.map((step) => (typeof step === "string" ? split(step) : step));
  return {
    preTokenizer: {
      type: "Sequence",
      pretokenizers: splits.includes(BYTES) ? splits : [...splits, BYTES],
    },
    normalizer: nfc ? { type: "NFC" } : null,
    ignoreMerges: false,
    bos: false,
    ...more,
  };
};

/**
 * Names with what they stand for. The cut is that of the model's own tokenizer.json where llama.cpp names it (in its
 * comments or by its name), else llama.cpp's.
 */
const CUTS: readonly (readonly [names: string, SplitPattern])[] = [
  [
    "gpt-2 gpt2 phi-2 jais trillion exaone4 gigachat a.x-4.0 mellum granite-docling roberta-bpe jina-es jina-de jina-v1-en jina-v2-es jina-v2-de jina-v2-code",
    cut([GPT2_SPLIT]),
  ],
  ["olmo mpt modern-bert", cut([GPT2_SPLIT], { nfc: true })], // GPT-NeoX's
  ["starcoder refact codeshell smollm exaone minerva-7b mellum2", cut([DIGITS, GPT2_SPLIT])],
  ["command-r", cut([DIGITS, GPT2_SPLIT], { nfc: true })],
  [
    "llama-bpe llama-v3 llama3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
    cut([LLAMA3], { ignoreMerges: true, bos: true }),
  ],
  ["dbrx smaug-bpe chatglm-bpe", cut([LLAMA3])],
  ["glm4 glm5", cut([LLAMA3], { ignoreMerges: true })],
  ["minicpm5", cut(["\\p{N}{1,3}", LLAMA3.replace("{1,3}", "+")], { ignoreMerges: true })],
  ["qwen2 deepseek-r1-qwen megrez kormo f2llmv2", cut([QWEN2], { nfc: true })],
  ["stablelm2 hunyuan solar-open grok-2", cut([QWEN2])],
  ["seed-coder", cut([`${ENDINGS}|${WORD}|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|${SPACES}`])],
  [
    "bailingmoe bailingmoe2 llada-moe",
    cut([`${ENDINGS}|${WORD}|\\p{N}|${SIGNS}[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`]),
  ],
  ["deepseek-llm", cut(DEEPSEEK_LLM)],
  ["deepseek-coder", cut(DEEPSEEK_CODER)],
  ["deepseek-v3 hunyuan-dense joyai-llm hy_v4", cut(DEEPSEEK3)],
  // digits are looked for among the characters that stand for bytes, where parts of other characters look like ² or ¾
  ["falcon", cut(["[\\p{P}$+<=>^~|`]+", GPT2_SPLIT, BYTES, "\\p{N}+", "[0-9][0-9][0-9]"])],
  ["poro-chat bloom gpt3-finnish", cut([BLOOM])],
  ["viking", cut([BLOOM, DIGITS])],
  ["tekken", cut([TEKKEN], { ignoreMerges: true, bos: true })],
  ["gpt-4o llama4 kanana2 talkie minimax-m2", cut([GPT4O])],
  ["kimi-k2", cut([KIMI])],
  ["superbpe", cut(["\\p{N}+", "\\d{1,3}(?=(?:\\d{3})*(?!\\d))"])],
];

/** By the value of `tokenizer.ggml.pre` in a GGUF. */
export const SPLIT_PATTERNS: ReadonlyMap<string, SplitPattern> = new Map(
  CUTS.flatMap(([names, pattern]) => names.split(" ").map((name) => [name, pattern] as const)),
);
