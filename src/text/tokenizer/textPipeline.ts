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
    case "Lowercase":
      return { type };
    case "Prepend":
      return { type, prepend: text(rest.prepend, "Prepend.prepend") };
    case "Replace":
      return {
        type,
        pattern: checkedPattern(rest.pattern),
        content: text(rest.content, "Replace.content"),
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
