/** @file The circuit as a small graph: heads by layer from left to right, or down where there is no room, and the paths between them. */
import { drawFigure, FIGURE_PAD, isNarrow, type Part } from "../../draw/figure.ts";
import { layersAcross } from "./viewCircuitAcross.ts";
import { BOX } from "./viewCircuitBoxes.ts";
import { layersDown } from "./viewCircuitDown.ts";
import { layersInRows } from "./viewCircuitRows.ts";
import type { CircuitDrawing, CircuitEdge, CircuitLayout, PlacedNode } from "./viewCircuitParts.ts";
import { svgNode } from "../../draw/svgNode.ts";
import { THEMES, type Theme } from "../../draw/theme.ts";

const THIN = 1.2;
const THICK = 6;

/** The graph as one SVG element. */
export function circuitDrawing(
  drawing: CircuitDrawing,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  const layout = layoutOf(drawing, theme);
  return drawFigure(document, theme, {
    title: drawing.title,
    subtitle: drawing.subtitle,
    parts: [graph(drawing.edges, layout, document, theme)],
    notes: drawing.notes,
    description: drawing.description,
  });
}

/** Across; where a page has no room for that in rows, and in a narrow place in one column. */
function layoutOf({ nodes, edges }: CircuitDrawing, theme: Theme): CircuitLayout {
  const across = layersAcross(nodes, edges);
  const { room } = theme;
  const fits = ({ width }: CircuitLayout) => room === undefined || width + 2 * FIGURE_PAD <= room;
  if (fits(across)) return across;
  if (isNarrow(theme)) return layersDown(nodes, edges, room!);
  const rows = layersInRows(nodes, edges, room! - 2 * FIGURE_PAD);
  return fits(rows) ? rows : across;
}

function graph(
  edges: CircuitDrawing["edges"],
  { width, height, boxes, headings, pathOf }: CircuitLayout,
  document: Document,
  theme: Theme,
): Part {
  const heading = ({ layer, x, y, anchor }: CircuitLayout["headings"][number]) =>
    svgNode(
      document,
      "text",
      { x, y, "font-size": 12, "text-anchor": anchor, fill: theme.secondText },
      [`layer ${layer}`],
    );
  const lines = edges
    .toSorted((a, b) => a.effect - b.effect)
    .map((edge) => edgeNode(edge, pathOf(edge), document, theme));
  const node = svgNode(document, "svg", { width, height, viewBox: `0 0 ${width} ${height}` }, [
    ...headings.map(heading),
    ...lines,
    ...boxes.map((place) => box(place, document, theme)),
  ]);
  return { node, width, height };
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
