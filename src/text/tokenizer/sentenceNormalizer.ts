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
  /** Whether that space stands behind the text (`treat_whitespace_as_suffix`); left out: in front. */
  readonly behind?: boolean;
  /** Whether spaces become U+2581 (`escape_whitespaces`); left out: they do. */
  readonly marks?: boolean;
  /** Matches words that are not rewritten; left out or null: all are. */
  readonly exceptions?: RegExp | null;
}

/** The text, or a part of one, as it is cut; `prefix` is for parts that begin otherwise than a whole text does. */
export function sentenceNormalizer(
  steps: SentenceNormalizer,
): (text: string, prefix?: boolean) => string {
  const { collapses, behind = false, marks = true } = steps;
  const space = marks ? "\u2581" : " ";
  const spacesBehind = new RegExp(`${space}+$`); // with marks those of the text's own too
  return (text, prefix = steps.prefix) => {
    const parts = rewrites(text, steps);
    const start = collapses ? parts.findIndex((part) => part !== " ") : 0;
    if (parts.length === 0 || start < 0) return "";
    const joined = withoutMoreSpaces(parts.slice(start), collapses).replaceAll(" ", space);
    const whole = (prefix && !behind ? space : "") + joined;
    return (collapses ? whole.replace(spacesBehind, "") : whole) + (prefix && behind ? space : "");
  };
}

/** In one piece; if `collapses`, no part begins with a space where what is before it ends with one. */
function withoutMoreSpaces(parts: readonly string[], collapses: boolean): string {
  let out = "";
  let afterSpace = collapses;
  for (const part of parts) {
    const rest = afterSpace ? part.replace(/^ +/, "") : part;
    out += rest;
    if (rest !== "") afterSpace = collapses && rest.endsWith(" ");
  }
  return out;
}

/** Each place by the word that stays as it is there, or else by the longest prefix that the table has, or else as it is. */
function rewrites(text: string, { charsmap, exceptions = null }: SentenceNormalizer): string[] {
  if (charsmap === null && exceptions === null) return Array.from(text);
  const words = exceptions && new RegExp(exceptions.source, "uy");
  const utf8 = new TextEncoder().encode(text);
  const parts: string[] = [];
  for (let index = 0, at = 0; index < text.length;) {
    const word = wordAt(text, index, words);
    const rewrite = word === null ? (charsmap?.longest(utf8, at) ?? null) : null;
    const character = word ?? String.fromCodePoint(text.codePointAt(index)!);
    parts.push(rewrite?.text ?? character);
    const end = at + (rewrite?.bytes ?? sizeOf(character));
    for (; at < end; index += text.codePointAt(index)! > 0xffff ? 2 : 1)
      at += sizeOf(String.fromCodePoint(text.codePointAt(index)!));
  }
  return parts;
}

function wordAt(text: string, index: number, words: RegExp | null): string | null {
  if (words === null) return null;
  words.lastIndex = index;
  return words.exec(text)?.[0] ?? null;
}

/** Bytes in UTF-8. */
function sizeOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
