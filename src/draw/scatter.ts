/** @file Things by two numbers, one dot each, by kind in colour and symbol; those that stand apart have their names. */
import * as Plot from "@observablehq/plot";
import { InputError } from "../base/errors.ts";
import { drawFigure } from "./figure.ts";
import { drawKey, MOST_SERIES, dotStyle } from "./key.ts";
import { tickText } from "./ticks.ts";
import { THEMES, type Theme } from "./theme.ts";
import { visible } from "./visible.ts";
import { widthOf } from "./wrap.ts";

export interface ScatterDot {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** One of `groups`. */
  readonly group: string;
}

export interface Scatter {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly dots: readonly ScatterDot[];
  /** What dots are kinds of, in the order of the key; drawn from the last to the first, so that the first lie on top. */
  readonly groups: readonly string[];
  /** Whether a key says what the groups are. */
  readonly namesGroups: boolean;
  readonly x: string;
  readonly y: string;
  /** Draws the line of equal x and y, and names the dots farthest from it; left out: those far from the middle of all. */
  readonly namesFarthestFrom?: "diagonal" | undefined;
  readonly notes?: readonly string[] | undefined;
  readonly description: string;
}

const SIZE = { width: 680, height: 480 };
const MARGIN = { marginTop: 16, marginRight: 24, marginBottom: 46, marginLeft: 60 };
const FONT = 11.5;
const MOST_NAMES = 24;
const RADIUS = 4;

/**
 * The picture as one SVG element.
 *
 * @throws {InputError} "range" for no dots, more groups than can be told apart, or numbers that are not finite
 */
export function scatter(
  picture: Scatter,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  checkScatter(picture);
  const { title, subtitle, groups, namesGroups, notes = [], description } = picture;
  const node = Plot.plot({ ...scatterPlot(picture, theme), document }) as SVGSVGElement;
  const entries = groups.map((label, index) => ({ shape: "dot" as const, index, label }));
  const key = drawKey(document, theme, entries, { left: MARGIN.marginLeft, most: SIZE.width });
  return drawFigure(document, theme, {
    ...{ title, subtitle, description, notes },
    parts: [...(namesGroups ? [key] : []), { node, ...SIZE }],
  });
}

function scatterPlot(picture: Scatter, theme: Theme): Plot.PlotOptions {
  const { dots, groups } = picture;
  const domains = {
    x: domainOf(dots.map(({ x }) => x)),
    y: domainOf(dots.map(({ y }) => y)),
  };
  const axis = { fontSize: FONT, tickSize: 4, labelArrow: "none" as const };
  const zero = { stroke: theme.text, strokeOpacity: 0.4 };
  const grid = { stroke: theme.line, strokeOpacity: 0.25 };
  const spans = (domain: readonly [number, number]) => domain[0] < 0 && domain[1] > 0;
  return {
    ...SIZE,
    ...MARGIN,
    x: { domain: [...domains.x] },
    y: { domain: [...domains.y] },
    marks: [
      Plot.gridX(grid),
      Plot.gridY(grid),
      ...(picture.namesFarthestFrom === "diagonal" ? [diagonalMark(domains, theme)] : []),
      ...(spans(domains.x) ? [Plot.ruleX([0], zero)] : []),
      ...(spans(domains.y) ? [Plot.ruleY([0], zero)] : []),
      Plot.axisX({
        ...axis,
        tickFormat: tickText,
        label: visible(picture.x),
        labelAnchor: "center",
        labelOffset: 40,
      }),
      Plot.axisY({
        ...axis,
        tickFormat: tickText,
        label: visible(picture.y),
        labelAnchor: "center",
        labelOffset: 52,
      }),
      ...groups.toReversed().map((group) => dotMark(group, picture, theme)),
      ...placedNames(picture, domains).map(({ dot, dx, dy, anchor }) =>
        Plot.text([dot], {
          ...{ x: "x", y: "y", text: "name", dx, dy, textAnchor: anchor, fontSize: FONT },
          ...{ fill: theme.text, stroke: theme.panel, strokeWidth: 3 },
        }),
      ),
    ],
  };
}

function diagonalMark({ x, y }: Domains, theme: Theme): Plot.Markish {
  const ends = [Math.max(x[0], y[0]), Math.min(x[1], y[1])];
  const style = { stroke: theme.text, strokeOpacity: 0.5, strokeDasharray: "3 3" };
  return Plot.line(ends, { x: (at: number) => at, y: (at: number) => at, ...style });
}

function dotMark(group: string, { dots, groups }: Scatter, theme: Theme): Plot.Markish {
  const { stroke, symbol, isHollow } = dotStyle(theme, groups.indexOf(group));
  return Plot.dot(
    dots.filter((dot) => dot.group === group),
    {
      ...{ x: "x", y: "y", symbol, r: RADIUS, strokeWidth: 1.5 },
      ...{ stroke, fill: isHollow ? "none" : stroke, fillOpacity: 0.75 },
      title: (dot: ScatterDot) => visible(`${dot.name}: ${dot.x}, ${dot.y} (${dot.group})`),
    },
  );
}

/** What the values need and a little more, so that no dot lies on the frame. */
function domainOf(values: readonly number[]): readonly [number, number] {
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
  const air = 0.06 * (most - least || Math.abs(most) || 1);
  const low = least >= 0 && least < 0.3 * most ? -air / 3 : least - air;
  return [low, most + air];
}

interface Domains {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

interface PlacedName {
  readonly dot: ScatterDot;
  readonly dx: number;
  readonly dy: number;
  readonly anchor: "start" | "middle" | "end";
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Names of the dots that stand apart, the farthest first, where they cover neither another name nor a dot. */
function placedNames({ dots, namesFarthestFrom }: Scatter, domains: Domains): PlacedName[] {
  const place = placesIn(domains);
  const centre = place({
    x: middleOf(dots.map(({ x }) => x)),
    y: middleOf(dots.map(({ y }) => y)),
  });
  const far = (dot: ScatterDot) =>
    namesFarthestFrom === "diagonal"
      ? Math.abs(dot.y - dot.x)
      : Math.hypot(place(dot).x - centre.x, place(dot).y - centre.y);
  const occupied: Box[] = dots.map((dot) => boxAround(place(dot), RADIUS - 1));
  const names: PlacedName[] = [];
  for (const dot of dots.toSorted((a, b) => far(b) - far(a))) {
    if (names.length === MOST_NAMES) break;
    const free = candidatesOf(dot, place(dot)).find(
      ({ box }) => isInside(box) && !occupied.some((other) => overlap(box, other)),
    );
    if (!free) continue;
    occupied.push(free.box);
    names.push(free.name);
  }
  return names;
}

/** Pixels of a dot. */
function placesIn({ x, y }: Domains) {
  const wide = SIZE.width - MARGIN.marginLeft - MARGIN.marginRight;
  const tall = SIZE.height - MARGIN.marginTop - MARGIN.marginBottom;
  return (dot: Pick<ScatterDot, "x" | "y">) => ({
    x: MARGIN.marginLeft + ((dot.x - x[0]) / (x[1] - x[0])) * wide,
    y: MARGIN.marginTop + ((y[1] - dot.y) / (y[1] - y[0])) * tall,
  });
}

function candidatesOf(dot: ScatterDot, { x, y }: { readonly x: number; readonly y: number }) {
  const width = widthOf(visible(dot.name)) * FONT;
  const half = FONT * 0.55;
  const sides = [
    { dx: 8, dy: 0, anchor: "start" as const, left: x + 7 },
    { dx: -8, dy: 0, anchor: "end" as const, left: x - 7 - width },
    { dx: 0, dy: -12, anchor: "middle" as const, left: x - width / 2 },
    { dx: 0, dy: 12, anchor: "middle" as const, left: x - width / 2 },
  ];
  return sides.map(({ left, ...how }) => ({
    name: { dot: { ...dot, name: visible(dot.name) }, ...how },
    box: {
      ...{ left, right: left + width },
      ...{ top: y + how.dy - half, bottom: y + how.dy + half },
    },
  }));
}

const boxAround = ({ x, y }: { readonly x: number; readonly y: number }, size: number): Box => ({
  ...{ left: x - size, right: x + size, top: y - size, bottom: y + size },
});

const overlap = (first: Box, other: Box) =>
  first.left < other.right &&
  first.right > other.left &&
  first.top < other.bottom &&
  first.bottom > other.top;

const isInside = ({ left, right, top, bottom }: Box) =>
  left >= MARGIN.marginLeft &&
  right <= SIZE.width - MARGIN.marginRight + 20 &&
  top >= MARGIN.marginTop &&
  bottom <= SIZE.height - MARGIN.marginBottom;

function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function checkScatter({ dots, groups }: Scatter): void {
  if (dots.length === 0) throw new InputError("range", "a scatter needs dots, got none");
  if (groups.length > MOST_SERIES)
    throw new InputError(
      "range",
      `a scatter tells at most ${MOST_SERIES} kinds apart, got ${groups.length}`,
    );
  for (const { name, x, y, group } of dots) {
    if (![x, y].every(Number.isFinite))
      throw new InputError("range", `dot ${name} needs finite numbers, got ${x}, ${y}`);
    if (!groups.includes(group))
      throw new InputError("range", `dot ${name} needs one of the groups, got ${group}`);
  }
}
