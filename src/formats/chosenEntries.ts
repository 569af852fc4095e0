import { basename } from "node:path";
import { InputError } from "../base/errors.ts";

/** Something that the cache keeps in a file, whose name begins with the digits of a hash. */
export interface CacheFileEntry {
  /** The first of those digits. */
  readonly id: string;
  readonly path: string;
}

/** Fewer digits might be a slip. */
const LEAST_DIGITS = 4;

/**
 * The entries that a user means.
 *
 * @param target the first digits of an id, a name, or `all`
 * @param words.names what can be given beside an id, as "a model"
 * @throws {InputError} "cache" if there are none, with the ids of those that there are; `all` may be none
 */
export function chosenEntries<Entry extends CacheFileEntry>(
  all: readonly Entry[],
  target: string,
  words: {
    readonly folder: string;
    readonly what: string;
    readonly names: string;
    readonly nameOf: (entry: Entry) => string | null | undefined;
  },
): Entry[] {
  if (target === "all") return [...all];
  const { folder, what, names, nameOf } = words;
  const hasDigits = ({ path }: Entry) =>
    target.length >= LEAST_DIGITS && basename(path).split(".")[0]!.startsWith(target);
  const chosen = all.filter((entry) => nameOf(entry) === target || hasDigits(entry));
  if (chosen.length > 0) return chosen;
  const ids = all.map(({ id }) => id).join(", ") || "nothing";
  throw new InputError(
    "cache",
    `${folder} has no ${what} ${target}; give an id, ${names} or all; it has ${ids}`,
  );
}
