/** @file Words for the tokens of models that have none: a small model without tokenizer knows only numbers, and people know words. */
import { InputError } from "../base/errors.ts";

const WORDS =
  "fox cup sun owl key map hat bee jar oak pig fan ink net axe bus cat dog egg fig gem ham ice jam kite lamp mug nut orb pen rug sea tea urn van web yak zip ant bat car door eel fish gate hill iron jug knot leaf moon nest oar pear quilt ring ship tree vase wolf yarn bell coin drum".split(
    " ",
  );
const IDS = new Map(WORDS.map((word, id) => [word, id]));

/** Whether each of the model's tokens has a word. */
export function hasWords({
  tokenizer,
  vocabulary,
}: {
  readonly tokenizer: unknown;
  readonly vocabulary: number;
}): boolean {
  return tokenizer === null && vocabulary <= WORDS.length;
}

export function wordOf(id: number): string {
  return WORDS[id] ?? String(id);
}

/**
 * Ids of a model without tokenizer in a text: numbers, or the words that the page shows for them.
 *
 * @throws {InputError} "tokens" for anything else, and for ids that the model lacks
 */
export function idsInText(text: string, vocabulary: number): number[] {
  const isWorded = hasWords({ tokenizer: null, vocabulary });
  const words = text.split(/[\s,]+/).filter(Boolean);
  const ids = words.map((word) => (isWorded ? String(idOf(word) ?? word) : word));
  const wrong = ids.find((id) => !/^\d+$/.test(id) || Number(id) >= vocabulary);
  if (wrong === undefined) return ids.map(Number);
  throw new InputError(
    "tokens",
    `this model has no tokenizer: it takes ids from 0 to ${vocabulary - 1}, got ${wrong}`,
  );
}

/** The id that a word stands for; undefined: it is none of the words. */
export function idOf(word: string): number | undefined {
  return IDS.get(word.toLowerCase());
}
