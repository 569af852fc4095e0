/** @file How byte-level tokenizers cut text before they merge: regular expressions, in the syntax of tokenizer.json. */

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const QWEN2 = LLAMA3.replace("\\p{N}{1,3}", "\\p{N}");

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
}

const pattern = (steps: readonly object[], more: Partial<SplitPattern> = {}): SplitPattern => ({
  preTokenizer: { type: "Sequence", pretokenizers: [...steps, BYTES] },
  normalizer: null,
  ignoreMerges: false,
  ...more,
});

const gpt2 = pattern([GPT2_SPLIT]);
const digits = pattern([DIGITS, GPT2_SPLIT]);
const llama3 = pattern([split(LLAMA3)], { ignoreMerges: true });
const qwen2 = pattern([split(QWEN2)], { normalizer: { type: "NFC" } });

/** By the value of `tokenizer.ggml.pre` in a GGUF. */
export const SPLIT_PATTERNS: ReadonlyMap<string, SplitPattern> = new Map([
  ["gpt-2", gpt2],
  ["gpt2", gpt2],
  ["phi-2", gpt2],
  ["olmo", gpt2],
  ["mpt", gpt2],
  ["jais", gpt2],
  ["starcoder", digits],
  ["refact", digits],
  ["command-r", digits],
  ["codeshell", digits],
  ["smollm", digits],
  ["llama-bpe", llama3],
  ["llama-v3", llama3],
  ["llama3", llama3],
  ["qwen2", qwen2],
  ["deepseek-r1-qwen", qwen2],
]);
