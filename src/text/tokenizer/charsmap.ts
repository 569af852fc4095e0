/**
 * @file The table by which SentencePiece rewrites characters before it cuts a text (`precompiled_charsmap`): a trie of bytes as a
 * double array, and the texts that its leaves point to. Source: Darts-clone's units, as SentencePiece's normalizer.cc and the crate
 * spm_precompiled 0.1.4 read them.
 */
import { InputError } from "../../base/errors.ts";

/** What a prefix becomes, and how many bytes of it. */
export interface Rewrite {
  readonly text: string;
  readonly bytes: number;
}

/** A table of rewrites. */
export interface Charsmap {
  /** The rewrite of the shortest, or the longest, prefix of `utf8` from `start` on that the table has; null if it has none. */
  readonly shortest: (utf8: Uint8Array, start: number) => Rewrite | null;
  readonly longest: (utf8: Uint8Array, start: number) => Rewrite | null;
}

/**
 * The table in these bytes: the size of the trie, the trie, texts that end with a zero byte.
 *
 * @throws {InputError} "tokenizer" if sizes do not fit
 */
export function charsmapOf(bytes: Uint8Array): Charsmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trieBytes = bytes.length < 8 ? 0 : view.getUint32(0, true);
  if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes + 4 > bytes.length)
    throw new InputError(
      "tokenizer",
      `a precompiled_charsmap needs a trie that fits, got one of ${trieBytes} in ${bytes.length} bytes`,
    );
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, index) =>
    view.getUint32(4 + 4 * index, true),
  );
  const textAt = textsOf(bytes.subarray(4 + trieBytes));
  const found = function* (utf8: Uint8Array, start: number) {
    for (const { value, end } of leavesAlong(units, utf8, start))
      yield { text: textAt(value), bytes: end - start };
  };
  return {
    shortest: (utf8, start) => found(utf8, start).next().value ?? null,
    longest: (utf8, start) => [...found(utf8, start)].at(-1) ?? null,
  };
}

/** Text by where it begins; they are few, and asked for again and again. */
function textsOf(bytes: Uint8Array): (start: number) => string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const known = new Map<number, string>();
  return (start) => {
    const cached = known.get(start);
    if (cached !== undefined) return cached;
    const end = bytes.indexOf(0, start);
    const text = decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
    known.set(start, text);
    return text;
  };
}

/** Leaves on the way down the trie, nearest first. A unit has 8 bits of label, the bit of a leaf, and an offset in two parts. */
function* leavesAlong(units: Uint32Array, utf8: Uint8Array, start: number) {
  const offset = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);
  let at = offset(units[0]!);
  for (let index = start; index < utf8.length && utf8[index] !== 0; index++) {
    at ^= utf8[index]!;
    const unit = units[at];
    if (unit === undefined || (unit & 0x800000ff) !== utf8[index]) return;
    at ^= offset(unit);
    if ((unit & 0x100) === 0) continue;
    const leaf = units[at];
    if (leaf !== undefined) yield { value: leaf & 0x7fffffff, end: index + 1 };
  }
}

const LONGEST_GRAPHEME = 5;

/**
 * Rewrites as the library `tokenizers` does: a grapheme of up to five bytes as a whole where the table has any prefix of it, and
 * by that prefix alone; else character by character.
 *
 * @see SentencePiece, which takes the longest prefix of all that is left of a text
 */
export function rewriteGraphemes(charsmap: Charsmap): (text: string) => string {
  const segments = new Intl.Segmenter("und", { granularity: "grapheme" });
  const encoder = new TextEncoder();
  const rewrite = (part: string) => charsmap.shortest(encoder.encode(part), 0)?.text ?? null;
  const characters = (grapheme: string) =>
    Array.from(grapheme, (character) => rewrite(character) ?? character).join("");
  return (text) =>
    Array.from(segments.segment(text), ({ segment }) => {
      const isShort = segment.length > 1 && encoder.encode(segment).length <= LONGEST_GRAPHEME;
      return (isShort ? rewrite(segment) : null) ?? characters(segment);
    }).join("");
}
