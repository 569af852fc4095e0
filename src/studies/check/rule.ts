/** @file One rule of a gate: a sentence of a few forms, read into data. */
import { closest } from "fastest-levenshtein";
import { headAt, type HeadAt } from "../../base/headName.ts";
import { ATTENTION_SCORES, type AttentionScore } from "../../measure/attentionTables.ts";
import { FLAGS, LABELS, type Flag, type Label } from "../../measure/verdict/names.ts";

export const OPERATORS = [">=", "<=", ">", "<"] as const;
export type Operator = (typeof OPERATORS)[number];

export const LOSSES = ["copyGain", "firstCopy", "secondCopy"] as const;

/** What has a label or a flag. */
export type HeadProperty =
  | { readonly what: "label"; readonly name: Label }
  | { readonly what: "flags"; readonly name: Flag };

interface Bound {
  readonly operator: Operator;
  readonly bound: number;
}

/** A rule that a number must keep to. */
export type NumberRule =
  | ({ readonly kind: "loss"; readonly of: (typeof LOSSES)[number] } & Bound)
  | ({
      readonly kind: "head number";
      readonly of: AttentionScore | "effect";
      /** any: the largest of all heads; every: the smallest. */
      readonly heads: "any" | "every" | HeadAt;
    } & Bound);

/** A rule about what a verdict calls heads. */
export type LabelRule =
  | ({ readonly kind: "head"; readonly head: HeadAt; readonly not: boolean } & HeadProperty)
  | ({ readonly kind: "count" } & HeadProperty & Bound)
  | {
      readonly kind: "same";
      readonly what: "labels" | "flags";
      readonly file: string;
      readonly exceptUndecided: boolean;
    };

export type Rule = NumberRule | LabelRule;

/** The forms, for help and errors. */
export const RULE_FORMS = [
  "copyGain >= 3",
  "induction score of any head <= .3",
  "effect of head 1.0 >= 1",
  "head 1.0 label induction",
  "head 1.0 not flags inert",
  "some head label previous-token",
  "no head flags inert",
  "heads label induction >= 2",
  "same labels as baseline.json except undecided",
] as const;

/** Why a text is not a rule, and at which of its characters. */
export class RuleFault extends Error {
  override readonly name = "RuleFault";
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** @throws {RuleFault} for a text that has none of the forms */
export function ruleFrom(text: string): Rule {
  const words = wordsOf(text);
  const first = words.take(`a rule, such as ${RULE_FORMS[0]}`);
  const rule = startingWith(first, words, text);
  words.end();
  return rule;
}

function startingWith({ text: first, at }: Word, words: Words, text: string): Rule {
  if (isOneOf(LOSSES, first)) return { kind: "loss", of: first, ...boundOf(words) };
  if (first === "head") return headRule(words);
  if (first === "heads") return { kind: "count", ...namedOf(words), ...boundOf(words) };
  if (first === "some" || first === "no") {
    words.word("head");
    const bound = first === "some" ? ({ operator: ">=", bound: 1 } as const) : NONE;
    return { kind: "count", ...namedOf(words), ...bound };
  }
  if (first === "same") return sameRule(words, text);
  if (first === "effect") return { kind: "head number", of: first, ...headsAndBound(words) };
  const score = camelCase(first);
  if (isOneOf(ATTENTION_SCORES, score)) {
    words.word("score");
    return { kind: "head number", of: score, ...headsAndBound(words) };
  }
  const starts = [...LOSSES, ...ATTENTION_SCORES, "effect", "head", "heads", "some", "no", "same"];
  throw new RuleFault(
    `a rule begins with ${choiceList(starts)}, got ${first} (did you mean ${closest(first, starts)})`,
    at,
  );
}

const NONE = { operator: "<=", bound: 0 } as const;

function headRule(words: Words): Rule {
  const head = headOf(words);
  const not = words.is("not");
  return { kind: "head", head, not, ...namedOf(words) };
}

function headsAndBound(words: Words) {
  words.word("of");
  const { text, at } = words.take("any head, every head, or head L.H");
  if (text === "head") return { heads: headOf(words), ...boundOf(words) };
  if (text !== "any" && text !== "every")
    throw new RuleFault(`of is followed by any head, every head, or head L.H, got ${text}`, at);
  words.word("head");
  return { heads: text as "any" | "every", ...boundOf(words) };
}

function headOf(words: Words): HeadAt {
  const { text, at } = words.take("a head, such as 1.0");
  try {
    return headAt(text);
  } catch (error) {
    throw new RuleFault((error as Error).message, at);
  }
}

function namedOf(words: Words): HeadProperty {
  const what = words.oneOf(["label", "flags"]);
  return what === "label"
    ? { what, name: words.oneOf(LABELS) }
    : { what, name: words.oneOf(FLAGS) };
}

function boundOf(words: Words): Bound {
  const operator = words.oneOf(OPERATORS);
  const { text, at } = words.take("a number");
  const bound = Number(text);
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(bound))
    return { operator, bound };
  throw new RuleFault(`a bound is a number, got ${text}`, at);
}

/** A name may have spaces, so it is what stands between `as` and the end. */
function sameRule(words: Words, text: string): Rule {
  const what = words.oneOf(["labels", "flags"]);
  words.word("as");
  const { at } = words.take("a verdict's file, such as baseline.json");
  const rest = text.slice(at).trimEnd();
  const file = rest.replace(/\s+except\s+undecided$/, "");
  words.skip();
  return { kind: "same", what, file, exceptUndecided: file.length < rest.length };
}

interface Word {
  readonly text: string;
  readonly at: number;
}

interface Words {
  /** @param what is needed, for the message */
  take(what: string): Word;
  /** Takes a word if it is next. */
  is(text: string): boolean;
  word(text: string): void;
  oneOf<const Name extends string>(names: readonly Name[]): Name;
  skip(): void;
  end(): void;
}

function wordsOf(text: string): Words {
  const all: Word[] = [...text.matchAll(/\S+/g)].map((match) => ({
    text: match[0],
    at: match.index,
  }));
  let next = 0;
  const take = (what: string): Word => {
    const word = all[next++];
    if (!word) throw new RuleFault(`the rule ends where ${what} is needed`, text.trimEnd().length);
    return word;
  };
  return {
    take,
    is: (name) => all[next]?.text === name && next++ >= 0,
    word(name) {
      const { text: got, at } = take(name);
      if (got !== name) throw new RuleFault(`${name} is needed here, got ${got}`, at);
    },
    oneOf(names) {
      const { text: got, at } = take(choiceList(names));
      if (isOneOf(names, got)) return got;
      throw new RuleFault(
        `${choiceList(names)} is needed here, got ${got} (did you mean ${closest(got, names)})`,
        at,
      );
    },
    skip: () => void (next = all.length),
    end() {
      const left = all[next];
      if (left) throw new RuleFault(`the rule is at its end here, got ${left.text}`, left.at);
    },
  };
}

function isOneOf<Name extends string>(names: readonly Name[], text: string): text is Name {
  return (names as readonly string[]).includes(text);
}

function camelCase(text: string): string {
  return text.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function choiceList(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
