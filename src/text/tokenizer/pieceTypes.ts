/** @file What the pieces of a vocabulary are, and how those that stand for themselves are found in a text. */

/** Numbers of the types that pieces have, in GGUF as in SentencePiece's own files. */
export const TYPE = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

/** Matches any of these, the longest first, as one group, so that `split` keeps them at odd places. */
export function anyOf(words: readonly string[]): RegExp | null {
  if (words.length === 0) return null;
  const escaped = [...words]
    .sort((first, other) => other.length - first.length)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return new RegExp(`(${escaped.join("|")})`, "u");
}
