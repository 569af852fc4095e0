/** @file Names with ranges in braces, as `model@step{0,1,2,4,...,512,1000..143000/1000}`, and folders by `*`. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { globPattern } from "../../base/glob.ts";
import { InputError } from "../../base/errors.ts";

const MOST_NAMES = 100_000;

/**
 * All names that a line of a plan means: braces first, then paths with `*` in their parts.
 *
 * @throws {InputError} "options" for a range that does not reach its end, braces that do not close, or a `*` that nothing fits
 */
export function expandNames(text: string): string[] {
  return expandBraces(text).flatMap((name) => (isPattern(name) ? foldersLike(name) : [name]));
}

/** The first braces, then those behind them. */
function expandBraces(text: string): string[] {
  const open = text.indexOf("{");
  const close = text.indexOf("}", open);
  if (open < 0 && !text.includes("}")) return [text];
  if (open < 0 || close < open) throw fault(text, "its braces do not match");
  const items = listOf(text.slice(open + 1, close), text);
  const rest = expandBraces(text.slice(close + 1));
  if (items.length * rest.length > MOST_NAMES)
    throw fault(text, `it means more than ${MOST_NAMES} names`);
  return items.flatMap((item) => rest.map((end) => text.slice(0, open) + item + end));
}

function listOf(inside: string, text: string): string[] {
  const parts = inside.split(",").map((part) => part.trim());
  const items: string[] = [];
  parts.forEach((part, index) => {
    const range = /^(\d+)\.\.(\d+)(?:\/(\d+))?$/.exec(part);
    if (part === "") throw fault(text, "a part between its commas is empty");
    if (part === "...") items.push(...continueSeries(items, parts[index + 1], text));
    else if (range) items.push(...expandSteps(range, text));
    else items.push(part);
  });
  return [...new Set(items)];
}

/** `from..to/by`, the end included. */
function expandSteps(
  [, from, to, by = "1"]: readonly (string | undefined)[],
  text: string,
): string[] {
  const [first, last, step] = [Number(from), Number(to), Number(by)];
  if (step < 1 || last < first) throw fault(text, `the range ${from}..${to}/${by} has no entries`);
  const count = Math.floor((last - first) / step) + 1;
  if (count > MOST_NAMES) throw fault(text, `it means more than ${MOST_NAMES} names`);
  return Array.from({ length: count }, (_, index) => String(first + index * step));
}

/** What stands for `...`: the steps or the doublings of the last three numbers go on up to the next one. */
function continueSeries(
  before: readonly string[],
  end: string | undefined,
  text: string,
): string[] {
  const [a, b, c] = before.slice(-3).map(Number) as [number, number, number];
  const last = Number(end);
  if (before.length < 3 || ![a, b, c, last].every(Number.isSafeInteger))
    throw fault(text, "... needs three numbers before it and one behind");
  const next =
    b - a === c - b && c > b
      ? (value: number) => value + (c - b)
      : a > 0 && b * b === a * c && c > b
        ? (value: number) => value * (c / b)
        : null;
  if (next === null) throw fault(text, `${a}, ${b}, ${c} have neither one step nor one factor`);
  const names: string[] = [];
  let value = next(c);
  while (value < last && names.length <= MOST_NAMES) {
    names.push(String(value));
    value = next(value);
  }
  if (value !== last) throw fault(text, `${a}, ${b}, ${c}, ... does not come to ${end}`);
  return names;
}

const isPattern = (name: string) => name.includes("*");

/** Paths whose parts fit, sorted; hidden ones only if the pattern asks for them. */
function foldersLike(pattern: string): string[] {
  const parts = pattern.replace(/\/+$/, "").split("/");
  const folders = parts.reduce<string[]>(
    (paths, part, index) =>
      paths.flatMap((path) => {
        if (!isPattern(part)) return [index === 0 ? part || "/" : join(path, part)];
        const fits = globPattern(part);
        return entriesOf(index === 0 ? "." : path)
          .filter((name) => fits.test(name) && (part.startsWith(".") || !name.startsWith(".")))
          .map((name) => (index === 0 ? name : `${path === "/" ? "" : path}/${name}`));
      }),
    [""],
  );
  if (folders.length === 0) throw fault(pattern, `nothing in ${dirname(pattern)} fits it`);
  return folders.sort();
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function fault(text: string, why: string): InputError {
  return new InputError("options", `the plan's ${text} cannot be read: ${why}`);
}
