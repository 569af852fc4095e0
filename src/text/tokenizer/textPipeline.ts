/**
 * @file The normaliser and the pre-tokeniser of a tokenizer.json: checked, and put in words that the library follows as the
 * reference does. Where the library differs (digits and spaces outside ASCII, cuts at U+2581) the same step is written as
 * a pattern.
 */
import { InputError } from "../../base/errors.ts";
import { isObject } from "../../base/isObject.ts";
import { checkedPattern } from "./checkedPattern.ts";
import { GPT2_SPLIT } from "./splitPatterns.ts";

type Step = Readonly<Record<string, unknown>>;

const DEEPEST = 8;

/** The normaliser in the library's words, or null for none. */
export function checkedNormalizer(step: unknown, depth = 0): object | null {
  if (step === null || step === undefined) return null;
  const { type, ...rest } = record(step, "normalizer");
  switch (type) {
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return { type };
    case "Lowercase":
      return LOWERCASE;
    case "StripAccents":
      return replaced("\\p{M}", "");
    case "Strip":
      return stripSteps(rest);
    case "BertNormalizer":
      return bertNormalizer(rest);
    case "Precompiled":
      return charsmapStep(rest);
    case "Prepend":
      return { type, prepend: text(rest.prepend, "Prepend.prepend") };
    case "Replace":
      return {
        type,
        pattern: checkedPattern(rest.pattern),
        content: literally(text(rest.content, "Replace.content")),
      };
    case "Sequence":
      return {
        type,
        normalizers: steps(rest.normalizers, depth).map((each) =>
          checkedNormalizer(each, depth + 1),
        ),
      };
    default:
      throw unsupportedError("normalizer", type);
  }
}

const sequence = (normalizers: readonly object[]) => ({ type: "Sequence", normalizers });
const replaced = (Regex: string, content: string) => ({
  type: "Replace",
  pattern: { Regex },
  content,
});
/** JavaScript reads `$&` and the like in what it puts instead. */
const literally = (content: string) => content.replaceAll("$", "$$$$");
/** Letter by letter: JavaScript writes a sigma at the end of a word in another way. */
const LOWERCASE = sequence([
  { type: "Replace", pattern: { String: "\u03a3" }, content: "\u03c3" },
  { type: "Lowercase" },
]);

function stripSteps({ strip_left, strip_right }: Step): object {
  return sequence([
    ...(strip_left === true ? [replaced("\\A\\s+", "")] : []),
    ...(strip_right === true ? [replaced("\\s+\\z", "")] : []),
  ]);
}

/** What BERT's own code takes for Chinese: ideographs, not kana or hangul. */
const CHINESE =
  "\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}";

/**
 * Accents go where `strip_accents` says so or, if it says nothing, `lowercase`. Source: tokenizers 0.23, normalizers/bert.rs, which has the
 * kinds of characters of Unicode 8: some 600 rare ones that came later are marks or signs here and not there.
 */
function bertNormalizer(rest: Step): object {
  const { clean_text, handle_chinese_chars, strip_accents, lowercase } = rest;
  return sequence([
    ...(clean_text === true
      ? [replaced("(?![\\t\\n\\r])[\\p{Cc}\\p{Cf}\\p{Co}\ufffd]", ""), replaced("\\s", " ")]
      : []),
    ...(handle_chinese_chars === true ? [replaced(`[${CHINESE}]`, " $& ")] : []),
    ...((strip_accents ?? lowercase) === true ? [{ type: "NFD" }, replaced("\\p{Mn}", "")] : []),
    ...(lowercase === true ? [LOWERCASE] : []),
  ]);
}

function charsmapStep({ precompiled_charsmap: table }: Step): object {
  return {
    type: "Precompiled",
    precompiled_charsmap: text(table, "Precompiled.precompiled_charsmap"),
  };
}

/** The pre-tokeniser in the library's words, or null for none. */
export function checkedPreTokenizer(step: unknown): object | null {
  const pretokenizers = preTokenizers(step, 0);
  return pretokenizers.length === 0 ? null : { type: "Sequence", pretokenizers };
}

function preTokenizers(step: unknown, depth: number): object[] {
  if (step === null || step === undefined) return [];
  const { type, ...rest } = record(step, "pre_tokenizer");
  switch (type) {
    case "ByteLevel":
      return byteLevel(rest);
    case "Digits":
      return [isolated(rest.individual_digits === true ? "\\p{N}" : "\\p{N}+")];
    case "Split":
      return [splitStep(rest)];
    case "Metaspace":
      return metaspace(rest);
    case "WhitespaceSplit":
      return [removed("\\s")];
    case "BertPreTokenizer":
      return [removed("\\s"), isolated(PUNCTUATION)];
    case "Punctuation":
      return punctuation(rest);
    case "Whitespace":
      return [{ ...removed(`[${WORD}]+|[^${WORD}\\s]+`), invert: true }];
    case "Sequence":
      return steps(rest.pretokenizers, depth).flatMap((each) => preTokenizers(each, depth + 1));
    default:
      throw unsupportedError("pre_tokenizer", type);
  }
}

/** Whether some step is called `type`: what tells one kind of tokenizer from another. */
export function hasStep(step: unknown, type: string, depth = 0): boolean {
  if (typeof step !== "object" || step === null || depth > DEEPEST) return false;
  const inner = Array.isArray(step) ? (step as unknown[]) : Object.values(step);
  return (step as Step).type === type || inner.some((each) => hasStep(each, type, depth + 1));
}

function byteLevel({ add_prefix_space, use_regex }: Step): object[] {
  // a space in front unless there is one; not by a pattern, whose \A would hold between the halves of a surrogate pair
  const prefix = { type: "Metaspace", replacement: " ", prepend_scheme: "always" };
  const bytes = { type: "ByteLevel", add_prefix_space: false, use_regex: false };
  return [
    ...(add_prefix_space === true ? [prefix] : []),
    ...(use_regex === false ? [] : [GPT2_SPLIT]),
    bytes,
  ];
}

function metaspace({
  replacement = "\u2581",
  prepend_scheme,
  add_prefix_space,
  split: cuts,
}: Step): object[] {
  if (replacement !== "\u2581")
    throw unsupportedError("pre_tokenizer Metaspace with replacement", replacement);
  const scheme = prepend_scheme ?? (add_prefix_space === false ? "never" : "always");
  if (scheme !== "always" && scheme !== "never" && scheme !== "first") {
    throw unsupportedError("pre_tokenizer Metaspace with prepend_scheme", scheme);
  }
  const step = { type: "Metaspace", replacement, prepend_scheme: scheme };
  return cuts === false ? [step] : [step, isolated("\u2581[^\u2581]*")];
}

/** Signs of ASCII that Unicode has among its symbols count as well. */
const PUNCTUATION = "[\\p{P}!-/:-@\\[-`{-~]";
/** What the crate regex takes for `\w`. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\u200c\u200d";

function punctuation({ behavior = "Isolated" }: Step): object[] {
  if (behavior === "Isolated") return [isolated(PUNCTUATION)];
  if (behavior === "Contiguous") return [isolated(`${PUNCTUATION}+`)];
  if (behavior === "Removed") return [removed(PUNCTUATION)];
  throw unsupportedError("pre_tokenizer Punctuation with behavior", behavior);
}

function splitStep({ pattern, behavior, invert }: Step): object {
  const checked = checkedPattern(pattern);
  if (behavior === "Isolated") return { type: "Split", pattern: checked, behavior, invert: false };
  if (behavior === "Removed")
    return { type: "Split", pattern: checked, behavior, invert: invert === true };
  const character = "String" in checked ? checked.String : "";
  if (behavior === "MergedWithPrevious" && invert !== true && /^[^\\^\][-]$/u.test(character)) {
    return isolated(`[^${character}]*${character === " " ? " " : `[${character}]`}`);
  }
  throw unsupportedError("pre_tokenizer Split with behavior", behavior);
}

const isolated = (Regex: string) => ({
  type: "Split",
  pattern: { Regex },
  behavior: "Isolated",
  invert: false,
});

const removed = (Regex: string) => ({ ...isolated(Regex), behavior: "Removed" });

function steps(value: unknown, depth: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > 32 || depth >= DEEPEST) {
    throw new InputError("tokenizer", "a Sequence in a tokenizer.json needs a short list of steps");
  }
  return value;
}

function record(value: unknown, what: string): Step {
  if (!isObject(value)) {
    throw new InputError(
      "tokenizer",
      `${what} of a tokenizer.json needs an object, got ${JSON.stringify(value)}`,
    );
  }
  return value as Step;
}

function text(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new InputError(
    "tokenizer",
    `${what} of a tokenizer.json needs text, got ${JSON.stringify(value)}`,
  );
}

function unsupportedError(what: string, got: unknown): InputError {
  return new InputError(
    "tokenizer",
    `${what} ${JSON.stringify(got)} of a tokenizer.json is not supported`,
  );
}
