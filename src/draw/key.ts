/** @file The key of a picture: shapes with their meaning in a row, wrapped to the width. Series differ in colour and in shape. */
import type { Part } from "./figure.ts";
import { svgNode } from "./svgNode.ts";
import type { Theme } from "./theme.ts";
import { visible } from "./visible.ts";
import { widthOf } from "./wrap.ts";

export type KeyEntry =
  | { readonly shape: "box"; readonly label: string }
  | { readonly shape: "tick"; readonly label: string }
  | { readonly shape: "series" | "dot"; readonly index: number; readonly label: string };

const FONT = 12;
const ROW = 20;
const SHAPE_WIDTH = { box: 15, tick: 2, series: 26, dot: 10 } as const;

/** Symbols of Observable Plot, and the same as paths of radius 4. */
const SYMBOLS = [
  { name: "circle", path: "M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0Z" },
  { name: "square", path: "M-3.5,-3.5H3.5V3.5H-3.5Z" },
  { name: "triangle", path: "M0,-4.6L4.2,3.2H-4.2Z" },
  { name: "diamond", path: "M0,-5L4,0L0,5L-4,0Z" },
] as const;
const DASHES = [undefined, "7 3", "2 3", "9 3 2 3"] as const;

/** How many series a picture can tell apart. */
export const MOST_SERIES = SYMBOLS.length * DASHES.length;

/** Colour, symbol and dashes of the series at `index`; the first four differ in all but dashes. */
export function seriesStyle(theme: Theme, index: number) {
  const mark = index % SYMBOLS.length;
  const turn = Math.floor(index / SYMBOLS.length) % DASHES.length;
  return {
    stroke: theme.marks[mark]!,
    symbol: SYMBOLS[mark]!.name,
    strokeDasharray: DASHES[turn],
  };
}

/** The entries as one part of a figure, `left` pixels from its edge. */
export function drawKey(
  document: Document,
  theme: Theme,
  entries: readonly KeyEntry[],
  { left, most }: { readonly left: number; readonly most: number },
): Part {
  let x = left;
  let row = 0;
  let width = 0;
  const nodes = entries.flatMap((entry) => {
    const wide = entryWidth(entry);
    if (x > left && x + wide > most) [x, row] = [left, row + 1];
    const drawing = drawEntry(document, theme, entry, x, row * ROW + ROW / 2);
    x += wide;
    width = Math.max(width, x);
    return drawing;
  });
  const height = (row + 1) * ROW;
  return { node: svgNode(document, "svg", { width, height }, nodes), width, height };
}

/** Colour, symbol and filling of the dots of a kind: no two kinds have all three alike, and the first eight differ without colour. */
export function dotStyle(theme: Theme, index: number) {
  const mark = index % SYMBOLS.length;
  const turn = Math.floor(index / SYMBOLS.length) % DASHES.length;
  const colour = (mark + (turn > 1 ? 1 : 0)) % theme.marks.length;
  return {
    stroke: theme.marks[colour]!,
    symbol: SYMBOLS[mark]!.name,
    path: SYMBOLS[mark]!.path,
    isHollow: turn % 2 === 1,
  };
}

function entryWidth(entry: KeyEntry): number {
  return SHAPE_WIDTH[entry.shape] + 7 + widthOf(visible(entry.label)) * FONT + 18;
}

function drawEntry(
  document: Document,
  theme: Theme,
  entry: KeyEntry,
  x: number,
  middle: number,
): SVGElement[] {
  const text = { x: x + SHAPE_WIDTH[entry.shape] + 7, y: middle + 4, "font-size": FONT };
  const label = svgNode(document, "text", { ...text, fill: theme.text }, [visible(entry.label)]);
  return [...drawShape(document, theme, entry, x, middle), label];
}

function drawShape(
  document: Document,
  theme: Theme,
  entry: KeyEntry,
  x: number,
  middle: number,
): SVGElement[] {
  const line = { fill: "none", stroke: theme.text, "stroke-width": 2.2 };
  if (entry.shape === "box") {
    const box = { x, y: middle - 6, width: SHAPE_WIDTH.box, height: 12, rx: 2 };
    return [svgNode(document, "rect", { ...box, ...line })];
  }
  if (entry.shape === "tick") {
    const d = `M${x + 1} ${middle - 8}V${middle + 8}`;
    return [svgNode(document, "path", { ...line, d, "stroke-width": 1.8 })];
  }
  if (entry.shape === "dot") {
    const { stroke, path: d, isHollow } = dotStyle(theme, entry.index);
    const place = `translate(${x + SHAPE_WIDTH.dot / 2},${middle})`;
    const paint = { stroke, "stroke-width": 1.5, fill: isHollow ? "none" : stroke };
    return [svgNode(document, "path", { d, transform: place, ...paint })];
  }
  const { stroke, strokeDasharray } = seriesStyle(theme, entry.index);
  const dashes = strokeDasharray === undefined ? {} : { "stroke-dasharray": strokeDasharray };
  const d = `M${x} ${middle}h${SHAPE_WIDTH.series}`;
  const place = `translate(${x + SHAPE_WIDTH.series / 2},${middle})`;
  const symbol = SYMBOLS[entry.index % SYMBOLS.length]!.path;
  return [
    svgNode(document, "path", { ...line, d, stroke, "stroke-width": 2, ...dashes }),
    svgNode(document, "path", { d: symbol, transform: place, fill: stroke }),
  ];
}
