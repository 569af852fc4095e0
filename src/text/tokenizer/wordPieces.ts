/** @file Cutting a word into the longest pieces from its start on (WordPiece), as BERT's tokenizer does. */

/** A vocabulary of words and of what continues them. */
export interface WordPieceVocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** What stands before a piece that continues a word, such as ##. */
  readonly prefix: string;
  /** The token of a word that pieces do not cover, or that is too long. */
  readonly unknown: string;
  /** Characters of the longest word that is cut. */
  readonly longestWord: number;
}

/** The tokens of a word. */
export function wordPieceCut({
  ids,
  prefix,
  unknown,
  longestWord,
}: WordPieceVocabulary): (word: string) => string[] {
  let longest = 0;
  for (const token of ids.keys()) longest = Math.max(longest, token.length);
  return (word) => {
    if ([...word].length > longestWord) return [unknown];
    const tokens: string[] = [];
    for (let start = 0; start < word.length;) {
      const before = start === 0 ? "" : prefix;
      let end = Math.min(word.length, start + longest);
      while (end > start && !ids.has(before + word.slice(start, end))) end--;
      if (end === start) return [unknown];
      tokens.push(before + word.slice(start, end));
      start = end;
    }
    return tokens;
  };
}
