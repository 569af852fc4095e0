/** @file The name that was probably meant. */
import { distance } from "fastest-levenshtein";

/** Letters that a name may differ in and still be meant. */
const MOST_LETTERS = 2;

/** The names of `names` that differ least from `name`, nearest first. */
export function nearest(name: string, names: readonly string[], count = 3): string[] {
  return names.toSorted((a, b) => distance(a, name) - distance(b, name)).slice(0, count);
}

/** The nearest of `names`, if it differs by two letters at most, upper and lower case aside; else null. */
export function probablyMeant(name: string, names: readonly string[]): string | null {
  const [near] = nearest(name, names, 1);
  if (near === undefined) return null;
  return distance(name.toLowerCase(), near.toLowerCase()) <= MOST_LETTERS ? near : null;
}
