/**
 * @file What SentencePiece does to a text before it cuts it: characters are rewritten by its table, spaces that follow others go,
 * one is put in front, and each becomes U+2581. Source: SentencePiece's normalizer.cc.
 */
import type { Charsmap } from "./charsmap.ts";

/** What a model's normaliser does. */
export interface SentenceNormalizer {
  /** Null: characters stay. */
  readonly charsmap: Charsmap | null;
  /** Whether a text begins with a space, empty ones aside. */
  readonly prefix: boolean;
  /** Whether spaces at both ends go, and all but the first of several. */
  readonly collapses: boolean;
}

/** The text as it is cut. */
export function sentenceNormalizer(steps: SentenceNormalizer): (text: string) => string {
  return (text) => {
    const rewritten = rewriteAll(text, steps.charsmap);
    const plain = steps.collapses ? rewritten.replace(/ +/g, " ").replace(/^ | $/g, "") : rewritten;
    if (plain === "") return "";
    const marks = `${steps.prefix ? " " : ""}${plain}`.replaceAll(" ", "\u2581");
    return steps.collapses ? marks.replace(/\u2581+$/, "") : marks; // marks of the text's own too
  };
}

/** Each place by the longest prefix that the table has; without one, the character as it is. */
function rewriteAll(text: string, charsmap: Charsmap | null): string {
  if (charsmap === null) return text;
  const utf8 = new TextEncoder().encode(text);
  let out = "";
  for (let index = 0, at = 0; index < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(index)!);
    const rewrite = charsmap.longest(utf8, at);
    out += rewrite?.text ?? character;
    const end = at + (rewrite?.bytes ?? sizeOf(character));
    for (; at < end; index += text.codePointAt(index)! > 0xffff ? 2 : 1)
      at += sizeOf(String.fromCodePoint(text.codePointAt(index)!));
  }
  return out;
}

/** Bytes of a character in UTF-8. */
function sizeOf(character: string): number {
  const code = character.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
