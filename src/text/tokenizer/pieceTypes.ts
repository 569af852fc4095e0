/** @file What the pieces of a vocabulary are, and how those that stand for themselves are found in a text. */
import { bytesOfPiece } from "./pipelineTokenizer.ts";

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

/** Ids of `text`: those of the words that `cut` finds in it, and what `between` makes of the rest. */
export function idsBetween(
  text: string,
  cut: RegExp | null,
  ids: ReadonlyMap<string, number>,
  between: (part: string, isFirst: boolean) => number[],
): number[] {
  const parts = cut ? text.split(cut) : [text];
  return parts.flatMap((part, index) => {
    const id = index % 2 === 1 ? ids.get(part) : undefined;
    return id === undefined ? between(part, index === 0) : [id];
  });
}

/** The bytes of each piece of a GGUF; null for an id without one. Control, user-defined and unknown ones are written as they are. */
export function pieceBytes(
  tokens: readonly string[],
  types: readonly number[],
): (id: number) => Uint8Array | null {
  const encoder = new TextEncoder();
  const plainTypes: readonly (number | undefined)[] = [
    TYPE.control,
    TYPE.userDefined,
    TYPE.unknown,
  ];
  return (id) => {
    const token = tokens[id];
    if (token === undefined) return null;
    return plainTypes.includes(types[id])
      ? encoder.encode(token.replaceAll("\u2581", " "))
      : bytesOfPiece(token);
  };
}
