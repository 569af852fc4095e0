/** @file Where everything of a row of tokens with arcs over them stands: one geometry for pictures and for the explorer's page. */

/** A token that looks at another one. */
export interface Arc {
  /** The token that looks, and the one that it looks at. */
  readonly from: number;
  readonly to: number;
  /** Share of the attention, 0 to 1; below `LEAST_ARC` the arc is not drawn. */
  readonly weight: number;
  readonly role: "previous" | "induction";
  /** In a few words, beside the arc where there is room. */
  readonly label?: string | undefined;
}

export interface ArcsInput<Kind extends Arc = Arc> {
  readonly tokens: number;
  readonly arcs: readonly Kind[];
  /** A dashed box after the tokens, for what comes next. */
  readonly hasGuess: boolean;
  /** Where the guess is copied from; null: from nowhere. */
  readonly copiedFrom: number | null;
  /** Whether something stands below the boxes. */
  readonly hasNote: boolean;
  /** Room that is kept for what comes and goes, so that the boxes stay where they are: for arcs over so many tokens, and below. */
  readonly reach?: number | undefined;
}

/** Weights below this draw no arc. */
export const LEAST_ARC = 0.03;
const BOX = { height: 52, widest: 84, least: 34 };
const SIDE = 4;
const GAP = 12;
/** Above boxes with no arcs over them. */
const BARE = 28;
const THICK = 8;
/** Below a box: where its number ends, and a note that is left there. */
const NUMBER = 22;
const NOTE = { top: 26, height: 28 };
/** From this width on arcs have words. */
const WIDE = 640;

/** The width of a row with boxes as large as they get and arcs with words: a picture that is scaled needs no more. */
export function widestArcs(boxes: number): number {
  return Math.max(WIDE + 1, 2 * SIDE + boxes * (BOX.widest + GAP));
}

export interface PlacedArc<Kind extends Arc> {
  readonly arc: Kind;
  /** Paths of the line and of its point. */
  readonly line: string;
  readonly point: string;
  readonly thickness: number;
  readonly label: {
    readonly x: number;
    readonly y: number;
    readonly anchor: "start" | "middle" | "end";
  };
}

export interface ArcsLayout<Kind extends Arc = Arc> {
  readonly width: number;
  readonly height: number;
  readonly gap: number;
  readonly box: { readonly width: number; readonly height: number; readonly top: number };
  /** Where the box of a position begins, and its middle. */
  readonly left: (at: number) => number;
  readonly middle: (at: number) => number;
  readonly arcs: readonly PlacedArc<Kind>[];
  /** All that have words, drawn or not: of a head that looks away the words say so. */
  readonly worded: readonly PlacedArc<Kind>[];
  /** Where a note is, from the bottom of its box. */
  readonly note: { readonly top: number; readonly height: number };
  /** There is room for words. */
  readonly isWide: boolean;
  /** The dashed way from what is copied to the guess, and the middle of words over its lowest part. */
  readonly copied: {
    readonly line: string;
    readonly point: string;
    readonly label: { readonly x: number; readonly y: number };
  } | null;
}

/** @param width pixels that there are; more tokens than fit make the row wider */
export function arcsLayout<Kind extends Arc>(
  input: ArcsInput<Kind>,
  width: number,
): ArcsLayout<Kind> {
  const { tokens, arcs, hasGuess, hasNote, copiedFrom, reach = null } = input;
  const count = tokens + (hasGuess ? 1 : 0);
  const gap = width < WIDE ? 4 : GAP;
  const fitting = Math.floor((width - 2 * SIDE) / count) - gap;
  const size = Math.min(BOX.widest, Math.max(BOX.least, fitting));
  const left = (at: number) => SIDE + at * (size + gap);
  const middle = (at: number) => left(at) + size / 2;
  const strongArcs = arcs.filter(({ weight }) => weight >= LEAST_ARC);
  const span = Math.max(reach ?? 0, ...strongArcs.map(({ from, to }) => Math.abs(from - to)));
  const top = strongArcs.length === 0 && reach === null ? BARE : 46 + heightOf(Math.max(1, span));
  const right = Math.max(width, left(count));
  const copies = hasGuess && copiedFrom !== null;
  const place = (arc: Kind) => placeArc(arc, middle, top, right);
  return {
    width: right,
    height: top + BOX.height + (hasNote || copies || (hasGuess && reach !== null) ? 104 : 24),
    gap,
    box: { width: size, height: BOX.height, top },
    left,
    middle,
    arcs: strongArcs.map(place),
    worded: arcs.filter(({ label }) => label).map(place),
    note: NOTE,
    isWide: width > WIDE,
    copied: copies
      ? copyOf(middle(copiedFrom), middle(tokens), {
          bottom: top + BOX.height,
          start: hasNote ? NOTE.top + NOTE.height : NUMBER,
        })
      : null,
  };
}

/** Arcs over more tokens are higher, until they would fill the page. */
function heightOf(tokens: number): number {
  return Math.min(210, 34 + 19 * tokens);
}

function placeArc<Kind extends Arc>(
  arc: Kind,
  middle: (at: number) => number,
  top: number,
  right: number,
): PlacedArc<Kind> {
  const height = heightOf(Math.abs(arc.from - arc.to));
  const end = top - 10;
  const isSelf = arc.from === arc.to;
  const [from, to] = [middle(arc.from), middle(arc.to)];
  const [start, stop] = isSelf ? [from + 10, from - 10] : [from, to];
  const high = end - (4 / 3) * height;
  const x = Math.min(right - 8, Math.max(8, (start + stop) / 2));
  const anchor = x < 150 ? "start" : x > right - 150 || arc.role === "previous" ? "end" : "middle";
  return {
    arc,
    line: `M${start} ${top - 2}C${start} ${high} ${stop} ${high} ${stop} ${end}`,
    point: `M${stop - 7} ${end - 5}L${stop} ${top - 1}L${stop + 7} ${end - 5}Z`,
    thickness: Math.max(1.5, THICK * arc.weight),
    label: { x, y: end - height - 14, anchor },
  };
}

/** Begins below what stands under the box, so that it crosses no number and no note. */
function copyOf(
  from: number,
  to: number,
  { bottom, start }: { readonly bottom: number; readonly start: number },
) {
  const low = bottom + 112;
  const end = bottom + 30;
  return {
    line: `M${from} ${bottom + start}C${from + 20} ${low} ${to - 20} ${low} ${to} ${end}`,
    point: `M${to - 7} ${end + 4}L${to} ${end - 10}L${to + 7} ${end + 4}Z`,
    label: { x: (from + to) / 2, y: bottom + 72 },
  };
}

/** Width of a letter as a share of its size, and the smallest size that is read. */
const LETTER = { width: 0.62, least: 11 };

/** The size of letters in boxes so wide: one for all tokens, which the longest of them sets. */
export function tokenFont(pieces: readonly string[], boxWidth: number): number {
  const longest = Math.max(1, ...pieces.map((piece) => piece.length));
  const fitting = (boxWidth - 8) / (LETTER.width * longest);
  return Math.max(LETTER.least, Math.min(20, fitting));
}

/** Letters that a box has room for. */
export function tokenRoom(boxWidth: number): number {
  return Math.max(2, Math.floor(boxWidth / (LETTER.width * LETTER.least)));
}
