/** @file The circuit as a small graph: heads by layer from left to right, and the paths between them. */
import { drawFigure, type Part } from "../../draw/figure.ts";
import { circuitLanes } from "./viewCircuitLanes.ts";
import { ROUTE_WORDS } from "../../results/causalNames.ts";
import { share } from "../../draw/numbers.ts";
import { svgNode } from "../../draw/svgNode.ts";
import { THEMES, type Theme } from "../../draw/theme.ts";

export interface CircuitNode {
  readonly name: string;
  readonly layer: number;
  readonly label: string;
  /** Share of its stripe that the convolution of its own layer carries; left out: its layer has none, or it does not. */
  readonly convolution?: number | undefined;
}

export interface CircuitEdge {
  readonly from: string;
  readonly to: string;
  readonly route: "q" | "k" | "v";
  /** Share of the receiver's stripe; 1 is all of it. */
  readonly effect: number;
}

export interface CircuitDrawing {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly nodes: readonly CircuitNode[];
  readonly edges: readonly CircuitEdge[];
  readonly notes: readonly string[];
  readonly description: string;
}

const BOX = { width: 148, height: 40, line: 14 };
const GAP = { x: 104, y: 22 };
/** Paths of one route that a box names; the table has all. */
const NAMED = 2;
const TOP = 26;
/** Room for half an outline. */
const EDGE = 2;
const THIN = 1.2;
const THICK = 6;

/** The graph as one SVG element. */
export function circuitDrawing(
  drawing: CircuitDrawing,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  return drawFigure(document, theme, {
    title: drawing.title,
    subtitle: drawing.subtitle,
    parts: [graph(drawing, document, theme)],
    notes: drawing.notes,
    description: drawing.description,
  });
}

interface PlacedNode extends CircuitNode {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** What feeds the head, one line a route: "keys 0.0 .88, 0.2 .24". */
  readonly feedLines: readonly string[];
}

/** Columns are layers that have a node, evenly spaced; in a column heads go down. */
function placeNodes(nodes: readonly CircuitNode[], edges: readonly CircuitEdge[]): PlacedNode[] {
  const feeding = nodes.map(({ name, convolution }) => [
    ...(convolution === undefined ? [] : [`own convolution ${share(convolution)}`]),
    ...fedLines(edges.filter(({ to }) => to === name)),
  ]);
  const height = BOX.height + BOX.line * Math.max(0, ...feeding.map((lines) => lines.length));
  const stepY = height + GAP.y;
  const layers = [...new Set(nodes.map(({ layer }) => layer))].sort((a, b) => a - b);
  const most = Math.max(
    ...layers.map((layer) => nodes.filter((node) => node.layer === layer).length),
  );
  return layers.flatMap((layer, column) => {
    const layerNodes = nodes.filter((node) => node.layer === layer);
    const lead = ((most - layerNodes.length) * stepY) / 2;
    return layerNodes.map((node, row) => {
      const feedLines = feeding[nodes.indexOf(node)]!;
      const own = BOX.height + BOX.line * feedLines.length;
      const y = TOP + lead + row * stepY + (height - own) / 2;
      return { ...node, feedLines, x: EDGE + column * (BOX.width + GAP.x), y, height: own };
    });
  });
}

function fedLines(edges: readonly CircuitEdge[]): string[] {
  return (["k", "q", "v"] as const).flatMap((route) => {
    const routeEdges = edges.filter((edge) => edge.route === route);
    const best = routeEdges.toSorted((a, b) => b.effect - a.effect).slice(0, NAMED);
    const more = routeEdges.length > best.length ? `, +${routeEdges.length - best.length}` : "";
    const list = best.map(({ from, effect }) => `${from} ${share(effect)}`).join(", ");
    return routeEdges.length > 0 ? [`${ROUTE_WORDS[route]} ${list}${more}`] : [];
  });
}

function graph({ nodes, edges }: CircuitDrawing, document: Document, theme: Theme): Part {
  const columnPlaces = placeNodes(nodes, edges);
  const columnLanes = circuitLanes(columnPlaces, edges);
  const ys = [...columnLanes.values()].flatMap((lanes) => lanes.map(({ y }) => y));
  const down = Math.max(0, TOP - Math.min(TOP, ...ys)); // what goes above all boxes stays below the headings
  const places = columnPlaces.map((place) => ({ ...place, y: place.y + down }));
  const lanesOf = (edge: CircuitEdge) =>
    columnLanes.get(edge)!.map(({ x, y }) => ({ x, y: y + down }));
  const at = new Map(places.map((place) => [place.name, place]));
  const width = Math.max(...places.map(({ x }) => x)) + BOX.width + EDGE;
  const bottoms = [...places.map((place) => place.y + place.height), ...ys.map((y) => y + down)];
  const height = Math.max(...bottoms) + 8;
  const columns = new Map(places.map(({ layer, x }) => [layer, x]));
  const headings = [...columns].map(([layer, x]) =>
    svgNode(
      document,
      "text",
      {
        x: x + BOX.width / 2,
        y: 12,
        "font-size": 12,
        "text-anchor": "middle",
        fill: theme.secondText,
      },
      [`layer ${layer}`],
    ),
  );
  const lines = edges
    .toSorted((a, b) => a.effect - b.effect)
    .map((edge) => edgeNode(edge, pathOf(edge, at, lanesOf(edge)), document, theme));
  const node = svgNode(document, "svg", { width, height, viewBox: `0 0 ${width} ${height}` }, [
    ...headings,
    ...lines,
    ...places.map((place) => box(place, document, theme)),
  ]);
  return { node, width, height };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** From the right of one box to the left of the other, level in every column between them. */
function pathOf(
  { from, to }: CircuitEdge,
  at: ReadonlyMap<string, PlacedNode>,
  lanes: readonly Point[],
): string {
  const [first, last] = [at.get(from)!, at.get(to)!];
  const middle = ({ y, height }: PlacedNode) => y + height / 2;
  const levels = [
    ...lanes.map(({ x, y }) => ({ enter: x, leave: x + BOX.width, y })),
    { enter: last.x, leave: last.x, y: middle(last) },
  ];
  let before = { x: first.x + BOX.width, y: middle(first) };
  const parts = [`M${before.x},${before.y}`];
  for (const { enter, leave, y } of levels) {
    const bend = Math.max(40, (enter - before.x) / 2);
    parts.push(`C${before.x + bend},${before.y},${enter - bend},${y},${enter},${y}`);
    if (leave > enter) parts.push(`H${leave}`);
    before = { x: leave, y };
  }
  return parts.join("");
}

function edgeNode(
  { from, to, route, effect }: CircuitEdge,
  d: string,
  document: Document,
  theme: Theme,
) {
  const size = THIN + (THICK - THIN) * Math.min(1, Math.max(0, effect));
  return svgNode(document, "path", {
    d,
    fill: "none",
    stroke: theme.line,
    "stroke-width": size,
    "stroke-opacity": 0.75,
    ...(route === "k" ? {} : { "stroke-dasharray": route === "q" ? "7 4" : "2 4" }),
    "data-path": `${from} ${to}`,
  });
}

/** Marks by what a head is; the label is written as well. */
function markOf(label: string, theme: Theme): string {
  if (label === "induction") return theme.marks[3];
  if (label === "anti-induction" || label === "copy-suppression") return theme.marks[2];
  return label === "previous-token" ? theme.marks[1] : theme.secondText;
}

function box(
  { name, label, x, y, height, feedLines }: PlacedNode,
  document: Document,
  theme: Theme,
): SVGElement {
  const middle = x + BOX.width / 2;
  const colour = markOf(label, theme);
  const text = (content: string, dy: number, size: number, fill: string) =>
    svgNode(
      document,
      "text",
      { x: middle, y: y + dy, "font-size": size, "text-anchor": "middle", fill },
      [content],
    );
  // What reads the picture finds the head of a box by this: the explorer makes buttons of them.
  return svgNode(document, "g", { "data-head": name }, [
    svgNode(document, "rect", {
      x,
      y,
      width: BOX.width,
      height,
      rx: 6,
      fill: theme.panel,
      stroke: colour,
      "stroke-width": label === "induction" ? 2.5 : 1.5,
    }),
    text(name, 17, 14, theme.text),
    text(label, 32, 11, colour),
    ...feedLines.map((line, row) => text(line, 47 + row * BOX.line, 10.5, theme.secondText)),
  ]);
}
