/** @file Byte-pair encoding written plainly from GPT-2's paper and code, to compare with: no library, no heap, no cache. */

// GPT-2's cut; White_Space in place of JavaScript's \s, which differs in U+FEFF and U+0085
const SPACE = "\\p{White_Space}";
const GPT2 = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACE}+(?!\\P{White_Space})|${SPACE}+`,
  "gu",
);

/** Ids of a text, by merging the pair of lowest rank until there is none. Bytes without a token are left out, before. */
export function naiveBpe(
  vocab: ReadonlyMap<string, number>,
  merges: readonly (readonly [string, string])[],
  cut: "gpt2" | "digits",
): (text: string) => number[] {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const words = (text: string) =>
    (cut === "digits" ? (text.match(/\p{N}|\P{N}+/gu) ?? []) : [text]).flatMap(
      (part) => part.match(GPT2) ?? [],
    );
  return (text) =>
    words(text).flatMap((word) =>
      merged(
        [...Buffer.from(word, "utf8")].map(visible).filter((character) => vocab.has(character)),
        ranks,
      ).flatMap((token) => vocab.get(token) ?? []),
    );
}

function merged(word: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  const rankAt = (index: number) => ranks.get(`${word[index]!} ${word[index + 1]!}`) ?? Infinity;
  let best = -1;
  for (let index = 0; index + 1 < word.length; index++) {
    if (rankAt(index) < (best < 0 ? Infinity : rankAt(best))) best = index;
  }
  if (best < 0) return word;
  return merged(
    [...word.slice(0, best), word[best]! + word[best + 1]!, ...word.slice(best + 2)],
    ranks,
  );
}

/** The character that GPT-2 writes for a byte. */
function visible(byte: number): string {
  if (byte <= 0x20) return String.fromCharCode(0x100 + byte);
  if (byte >= 0x7f && byte <= 0xa0) return String.fromCharCode(0x100 + 0x21 + byte - 0x7f);
  return byte === 0xad ? "\u0143" : String.fromCharCode(byte);
}
