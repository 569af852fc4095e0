/** @file What a schema finds wrong with a configuration or another file, as sentences that name the key, what it must be and what it is. */
import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** More sentences than this help nobody. */
const MOST = 10;

/** One sentence for each fault; of very many the first ones, and how many more. */
export function faultSentences(issues: readonly Issue[], value: unknown): string[] {
  const sentences = issues.slice(0, MOST).map((issue) => faultSentence(issue, value));
  const more = issues.length - MOST;
  return more > 0 ? [...sentences, `and ${more} more such`] : sentences;
}

/** A value as messages write it: JSON, cut where it is long or deep; numbers that JSON lacks by their names. */
export function shownValue(value: unknown): string {
  const text =
    typeof value === "number"
      ? String(value)
      : (JSON.stringify(shallow(value, DEEPEST)) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** What a message shows of nested values: a file may nest deeper than can be written out. */
const DEEPEST = 4;

function shallow(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "...";
  if (Array.isArray(value)) return value.slice(0, 60).map((item) => shallow(item, depth - 1));
  const entries = Object.entries(value).slice(0, 60);
  return Object.fromEntries(entries.map(([key, item]) => [key, shallow(item, depth - 1)]));
}

/** What is wrong at one place of `whole`. */
export function faultSentence(issue: Issue, whole: unknown): string {
  const key = keyOf(issue.path) || "it";
  const value = valueAt(whole, issue.path);
  if (issue.code === "unrecognized_keys")
    return `${key} has ${issue.keys.join(", ")}, which is not known`;
  if (value === undefined) return `${key} is missing`;
  const inside = issue.code === "invalid_union" ? faultsInside(issue.errors) : [];
  if (inside.length > 0)
    return inside
      .map((fault) => faultSentence({ ...fault, path: [...issue.path, ...fault.path] }, whole))
      .join("; ");
  return `${key} must be ${whatIsNeeded(issue)}, got ${shownValue(value)}`;
}

/** Faults of the one choice whose kind the value has, such as an object with a key that is not known; none where no or several have it. */
function faultsInside(choices: readonly (readonly Issue[])[]): readonly Issue[] {
  const isKind = ({ code, path }: Issue) =>
    path.length > 0 || !["invalid_type", "invalid_value"].includes(code);
  const fitting = choices.filter((faults) => faults.every(isKind));
  return fitting.length === 1 ? fitting[0]! : [];
}

/** `layer_types[3]`, `rope_parameters.factor` */
function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (key, part) =>
      typeof part === "number" ? `${key}[${part}]` : key ? `${key}.${String(part)}` : String(part),
    "",
  );
}

function valueAt(whole: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    whole,
  );
}

const KINDS: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  string: "a text",
  array: "a list",
  object: "an object of keys",
  record: "an object of keys",
  null: "null",
};

function whatIsNeeded(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[issue.expected] ?? "of another kind";
    case "too_small":
      return `${issue.inclusive ? "at least" : "above"} ${issue.minimum}${unit(issue.origin)}`;
    case "too_big":
      return `${issue.inclusive ? "at most" : "below"} ${issue.maximum}${unit(issue.origin)}`;
    case "invalid_value":
      return issue.values.map((value) => shownValue(value)).join(" or ");
    case "invalid_union":
      return (
        [...new Set(issue.errors.flatMap((errors) => errors.map(whatIsNeeded)))].join(" or ") ||
        "of a known kind"
      );
    default:
      return "of another kind";
  }
}

function unit(origin: string): string {
  return origin === "array" ? " entries long" : origin === "string" ? " letters long" : "";
}
