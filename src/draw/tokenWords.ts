/** @file Words for the tokens of models that have none: a small model without tokenizer knows only numbers, and people know words. */

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

/** The id that a word stands for; undefined: it is none of the words. */
export function idOf(word: string): number | undefined {
  return IDS.get(word.toLowerCase());
}
