/** @file The weights of planted heads in the plain basis: blocks of the stream to entries of heads and back. */
import type { Random } from "../../base/random.ts";
import type { Frame } from "./frame.ts";
import type { Build, Copies, Match, Place } from "./kinds.ts";
import { connect, normals, zeros, type Matrix } from "./matrix.ts";
import type { Block, Stream } from "./stream.ts";

/** Matrices of one head: queries and output; of a group: keys and values. All [d_model, d_head] but output. */
export interface WiredLayer {
  readonly query: readonly Matrix[];
  readonly key: readonly Matrix[];
  readonly value: readonly Matrix[];
  /** [d_head, d_model] */
  readonly output: readonly Matrix[];
}

/** A head with everything drawn: what is left of a kind that has choices. */
export interface WiredHead extends Omit<Build, "places" | "share" | "copies"> {
  readonly places: readonly (Place & { readonly shift: number })[];
  readonly copies?: Copies & { readonly from: Block };
  /** Share of attention for the match, where it was drawn. */
  readonly part?: number | undefined;
}

export interface Wiring {
  readonly stream: Stream;
  readonly frame: Frame;
  /** Radians per position of each pair of a position block. */
  readonly frequencies: readonly number[];
  /** A random map that raises a token itself by 0 on average, [width, width]. */
  readonly scramble: Matrix;
}

/** @param heads of one layer in order, null for noise @param group query heads that share keys and values */
export function wiredLayer(
  heads: readonly (WiredHead | null)[],
  group: number,
  wiring: Wiring,
  draw: Random,
): WiredLayer {
  const { stream, frame } = wiring;
  const groups = Array.from({ length: heads.length / group }, (_, at) =>
    heads.slice(at * group, (at + 1) * group),
  );
  const noise = (rows: number, columns: number) =>
    normals(draw, rows, columns, NOISE * (1 + 0.6 * draw.uniform()));
  const quiet = (side: readonly (WiredHead | null)[]) => side.every((head) => head === null);
  const sources = groups.map(sourcesOf);
  return {
    query: heads.map((head) => (head ? queryOf(head, wiring) : noise(stream.dModel, frame.dHead))),
    key: groups.map((mates) =>
      quiet(mates) ? noise(stream.dModel, frame.dHead) : keysOf(mates, wiring),
    ),
    value: groups.map((mates, at) =>
      quiet(mates) ? noise(stream.dModel, frame.dHead) : valuesOf(sources[at]!, wiring),
    ),
    output: heads.map((head, at) =>
      head
        ? outputOf(head, sources[Math.floor(at / group)]!, wiring)
        : noise(frame.dHead, stream.dModel),
    ),
  };
}

const NOISE = 0.02;

function queryOf(
  { matches = [], places, rest = 0 }: WiredHead,
  { stream, frame, frequencies }: Wiring,
): Matrix {
  const query = zeros(stream.dModel, frame.dHead);
  for (const match of matches) {
    const sharpness = frame.slotPerKey ? match.sharpness : sharpest(matches);
    connect(query, stream.at(match.query), frame.slot(match.key), sharpness);
  }
  for (const place of places)
    if (frame.place) turnBack(query, stream, frame.place, frequencies, place);
    else turnPairs(query, stream, frame, place);
  query.data[stream.oneAt * frame.dHead + frame.start] = rest / stream.constant;
  return query;
}

/** Matches that share a slot have one query: the weaker ones have weaker keys. */
function sharpest(matches: readonly Match[]): number {
  return Math.max(...matches.map(({ sharpness }) => sharpness));
}

/** Positions are (cos, sin) pairs, so a shift is a rotation of each pair. Terms of one block add up. */
function turnBack(
  { data, columns }: Matrix,
  stream: Stream,
  entries: readonly number[],
  frequencies: readonly number[],
  { query = "position", shift, sharpness }: Place & { readonly shift: number },
): void {
  const from = stream.at(query);
  frequencies.forEach((frequency, pair) => {
    const [cos, sin] = [Math.cos(frequency * shift), Math.sin(frequency * shift)];
    const [a, b] = [2 * pair, 2 * pair + 1];
    data[(from + a) * columns + entries[a]!]! += sharpness * cos;
    data[(from + b) * columns + entries[a]!]! += sharpness * sin;
    data[(from + a) * columns + entries[b]!]! -= sharpness * sin;
    data[(from + b) * columns + entries[b]!]! += sharpness * cos;
  });
}

/**
 * With rotary positions a constant query, turned by the shift, meets a constant key. Looking somewhere, the lead over the
 * neighbours is what counts; looking away, the height at the place itself, since what is left elsewhere draws attention.
 */
function turnPairs(
  { data, columns }: Matrix,
  { oneAt, constant }: Stream,
  { pairs }: Frame,
  { shift, sharpness }: Place & { readonly shift: number },
): void {
  const height = pairHeight(pairs, sharpness);
  for (const { first, second, frequency } of pairs) {
    data[oneAt * columns + first]! += (height / constant) * Math.cos(-frequency * shift);
    data[oneAt * columns + second]! += (height / constant) * Math.sin(-frequency * shift);
  }
}

function pairHeight(pairs: Frame["pairs"], sharpness: number): number {
  const lead = pairs.reduce((sum, { frequency }) => sum + 1 - Math.cos(frequency), 0);
  return sharpness > 0 ? (ROTARY_LEAD * sharpness) / lead : sharpness / pairs.length;
}

/** Score of the place itself that a term of this sharpness has. */
export function placeHeight({ place, pairs }: Pick<Frame, "place" | "pairs">, sharpness: number) {
  return place ? sharpness : pairs.length * pairHeight(pairs, sharpness);
}

/** Position blocks lead over all other places at once, pairs over the neighbours least of all. */
const ROTARY_LEAD = 0.5;

/** Keys of all heads that share them: whatever one of them compares. */
function keysOf(heads: readonly (WiredHead | null)[], { stream, frame }: Wiring): Matrix {
  const key = zeros(stream.dModel, frame.dHead);
  for (const head of heads) {
    if (!head) continue;
    const { matches = [] } = head;
    for (const { key: block, sharpness } of matches)
      connect(
        key,
        stream.at(block),
        frame.slot(block),
        frame.slotPerKey ? 1 : sharpness / sharpest(matches),
      );
    if (head.places.length > 0 && frame.place) connect(key, stream.at("position"), frame.place, 1);
    if (head.places.length > 0)
      for (const { first } of frame.pairs)
        key.data[stream.oneAt * frame.dHead + first] = 1 / stream.constant;
  }
  key.data[stream.start * frame.dHead + frame.start] = 1;
  return key;
}

/** Blocks that a group's values carry, in the order of their slots. */
function sourcesOf(heads: readonly (WiredHead | null)[]): readonly Block[] {
  return [...new Set(heads.flatMap((head) => head?.copies?.from ?? []))];
}

const slotOf = (index: number, width: number) =>
  Array.from({ length: width }, (_, entry) => index * width + entry);

function valuesOf(sources: readonly Block[], { stream, frame }: Wiring): Matrix {
  const value = zeros(stream.dModel, frame.dHead);
  sources.forEach((block, index) => {
    const slot = slotOf(index, stream.width);
    if (block === "constant")
      value.data[stream.oneAt * frame.dHead + slot[0]!] = 1 / stream.constant;
    else connect(value, stream.at(block), slot, 1);
  });
  return value;
}

function outputOf(
  { copies }: WiredHead,
  sources: readonly Block[],
  { stream, frame, scramble }: Wiring,
): Matrix {
  const output = zeros(frame.dHead, stream.dModel);
  if (!copies) return output;
  const { from, to, strength, scrambled } = copies;
  const [slot, target] = [slotOf(sources.indexOf(from), stream.width), stream.at(to)];
  slot.forEach((row, entry) => {
    if (to === "mean") {
      output.data[row * stream.dModel + target] = entry % 2 === 0 ? strength : -strength;
      return;
    }
    for (let column = 0; column < stream.width; column++)
      output.data[row * stream.dModel + target + column] = scrambled
        ? strength * scramble.data[entry * stream.width + column]!
        : column === entry
          ? strength
          : 0;
  });
  return output;
}
