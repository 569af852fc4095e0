/**
 * @file Cutting a text into the pieces whose log probabilities have the largest sum (Kudo 2018, arXiv:1804.10959), as the library
 * `tokenizers` and SentencePiece do, ties too: of two ways to the same place the one whose last piece begins first.
 */

import { TYPE } from "./pieceTypes.ts";
import type { PieceTable } from "./spmTokenizer.ts";

/** A vocabulary with scores. */
export interface UnigramPieces {
  /** Id by piece. */
  readonly ids: ReadonlyMap<string, number>;
  /** Score by id: a log probability. */
  readonly scores: ArrayLike<number>;
  /** The id of what no piece covers; null if there is none. */
  readonly unknown: number | null;
  /** The least score, to which that of what is unknown is set; left out: that of all. */
  readonly least?: number;
  /**
   * Whether the sum up to each place has single precision, as in SentencePiece, where the library `tokenizers` has double: ways that
   * are nearly equal come out differently.
   */
  readonly single?: boolean;
}

/** How much less an unknown character scores than the least piece. */
const PENALTY = 10;

/**
 * The score of a piece of the user, of whatever the file says: it wins in nearly every place.
 *
 * @see SentencePiece 0.2.3, this one; earlier ones have -0.1 for any length
 */
const ofUser = (piece: string) => Math.fround(0.1 * (new TextEncoder().encode(piece).length - 1));

interface Way {
  readonly score: number;
  readonly start: number;
  readonly id: number | null;
}

/** The best cut, as a function of text: unknown characters side by side are one part. */
export function unigramCut(pieces: UnigramPieces): (text: string) => string[] {
  const lengths = lengthsByFirst(pieces.ids.keys());
  const unknownScore = rounding(pieces)((pieces.least ?? leastOf(pieces.scores)) - PENALTY);
  return (text) => partsOf(text, bestWays(text, pieces, lengths, unknownScore), pieces.unknown);
}

/** The best way to each place; places inside a character have none. */
function bestWays(
  text: string,
  pieces: UnigramPieces,
  lengths: ReadonlyMap<string, readonly number[]>,
  unknownScore: number,
): (Way | undefined)[] {
  const { ids, scores, unknown } = pieces;
  const round = rounding(pieces);
  const ways: (Way | undefined)[] = [{ score: 0, start: 0, id: null }];
  const offer = (start: number, end: number, sum: number, id: number | null) => {
    const score = round(sum);
    const best = ways[end];
    if (best === undefined || score > best.score) ways[end] = { score, start, id };
  };
  let start = 0;
  for (const character of text) {
    const { score } = ways[start]!;
    let isAlone = false; // whether the character is a piece by itself
    for (const length of lengths.get(character) ?? []) {
      const end = start + length;
      const id = end > text.length ? undefined : ids.get(text.slice(start, end));
      if (id === undefined) continue;
      offer(start, end, score + scores[id]!, id);
      isAlone ||= length === character.length;
    }
    const next = start + character.length;
    if (!isAlone) offer(start, next, score + unknownScore, unknown);
    start = next;
  }
  return ways;
}

function rounding({ single = false }: UnigramPieces): (score: number) => number {
  return single ? Math.fround : (score) => score;
}

function partsOf(text: string, ways: readonly (Way | undefined)[], unknown: number | null) {
  const parts: string[] = [];
  let open = ""; // unknown so far
  for (let end = text.length; end > 0;) {
    const { start, id } = ways[end]!;
    const part = text.slice(start, end);
    if (id === unknown) open = part + open;
    else {
      if (open !== "") parts.push(open);
      parts.push(part);
      open = "";
    }
    end = start;
  }
  if (open !== "") parts.push(open);
  return parts.reverse();
}

/** Lengths of the pieces that begin with a character, in code units, ascending. */
function lengthsByFirst(pieces: Iterable<string>): Map<string, readonly number[]> {
  const sets = new Map<string, Set<number>>();
  for (const piece of pieces) {
    const [first] = piece;
    if (first === undefined) continue;
    const set = sets.get(first);
    if (set) set.add(piece.length);
    else sets.set(first, new Set([piece.length]));
  }
  return new Map(Array.from(sets, ([first, set]) => [first, [...set].sort((a, b) => a - b)]));
}

/** Not Math.min(...scores), which has a limit on arguments. */
function leastOf(scores: ArrayLike<number>): number {
  let least = Infinity;
  for (let index = 0; index < scores.length; index++) least = Math.min(least, scores[index]!);
  return least;
}

/** SentencePiece's own, for pieces with types: ids of text as its normaliser leaves it. */
export function unigramIds({
  tokens,
  types,
  scores,
  unknown,
}: PieceTable): (text: string) => number[] {
  const idsOf = (...kinds: readonly number[]) =>
    new Map(
      tokens.flatMap((token, id) => (kinds.includes(types[id]!) ? [[token, id] as const] : [])),
    );
  const [usable, bytes] = [idsOf(TYPE.normal, TYPE.userDefined), idsOf(TYPE.byte)];
  const normal = scores.filter((_, id) => types[id] === TYPE.normal);
  const cut = unigramCut({
    ...{ ids: usable, unknown, single: true, least: leastOf(normal) },
    scores: scores.map((score, id) =>
      types[id] === TYPE.userDefined ? ofUser(tokens[id]!) : score,
    ),
  });
  return (text) =>
    cut(text)
      .flatMap((piece) => (usable.has(piece) ? [piece] : byteTokens(piece, bytes)))
      .map((piece) => usable.get(piece) ?? bytes.get(piece) ?? unknown);
}

/** What a part that is no piece becomes: the tokens of its bytes where the vocabulary has all of them, else itself. */
export function byteTokens(part: string, ids: ReadonlyMap<string, number>): string[] {
  if (ids.has(part)) return [part];
  const bytes = Array.from(
    new TextEncoder().encode(part),
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  return bytes.every((token) => ids.has(token)) ? bytes : [part];
}
