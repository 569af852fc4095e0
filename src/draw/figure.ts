/** @file The frame of every picture: title, what was measured on what, the plots, notes. Pure SVG, left-aligned. */
import { svgNode } from "./svgNode.ts";
import { FONT_FAMILY, type Theme } from "./theme.ts";
import { visible } from "./visible.ts";
import { wrap } from "./wrap.ts";

/** A drawn piece of a figure with its outer size in pixels. */
export interface Part {
  readonly node: SVGElement;
  readonly width: number;
  readonly height: number;
}

export interface Figure {
  readonly title: string;
  /** Model and settings, one paragraph each; wrapped to the width. */
  readonly subtitle: readonly string[];
  /** Stacked from top to bottom. */
  readonly parts: readonly Part[];
  /** What a reader must know to read the picture right; wrapped to the width. */
  readonly notes: readonly string[];
  /** One or two sentences for people who hear the picture. */
  readonly description: string;
}

/** Around everything in a figure, px. */
export const FIGURE_PAD = 20;
const GAP = 12;
const LEAST_WIDTH = 620;
const TITLE = { size: 19, line: 27 };
const SUBTITLE = { size: 12.5, line: 18 };
const NOTE = { size: 11, line: 16 };

/** The place that a picture is for has less room than figures otherwise take. */
export function isNarrow({ room }: Theme): boolean {
  return room !== undefined && room < LEAST_WIDTH;
}

/**
 * One SVG element with everything in it, ready to be put into a page or a file.
 *
 * @param document where elements are made; only `createElementNS` and `createTextNode` are used
 */
export function drawFigure(document: Document, theme: Theme, content: Figure): SVGSVGElement {
  const { title = content.title, subtitle = content.subtitle } = theme;
  const figure = { ...content, title, subtitle };
  const width = Math.ceil(
    Math.max(
      Math.min(LEAST_WIDTH, theme.room ?? LEAST_WIDTH),
      ...figure.parts.map((part) => part.width + 2 * FIGURE_PAD),
    ),
  );
  const readWidth = Math.min(width, theme.room ?? width); // what scrolls sideways is the plot and not its words
  const children: Element[] = [];
  let y = FIGURE_PAD;
  const write = (text: string, style: typeof TITLE, fill: string) => {
    for (const line of wrap(visible(text), (readWidth - 2 * FIGURE_PAD) / style.size)) {
      const attributes = { x: FIGURE_PAD, y: y + style.size, "font-size": style.size, fill };
      children.push(svgNode(document, "text", attributes, [line]));
      y += style.line;
    }
  };
  write(figure.title, TITLE, theme.text);
  for (const paragraph of figure.subtitle) write(paragraph, SUBTITLE, theme.secondText);
  for (const part of figure.parts) {
    y += GAP;
    children.push(placeNode(part.node, FIGURE_PAD, y));
    y += part.height;
  }
  y += GAP;
  for (const note of figure.notes) write(note, NOTE, theme.secondText);
  return frame(document, theme, figure, width, Math.ceil(y + FIGURE_PAD - GAP / 2), children);
}

function frame(
  document: Document,
  theme: Theme,
  { title, description }: Figure,
  width: number,
  height: number,
  children: readonly Element[],
): SVGSVGElement {
  const box = { width, height };
  return svgNode(
    document,
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      ...box,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": visible(`${title}. ${description}`),
      "font-family": FONT_FAMILY,
      color: theme.text, // what Plot calls currentColor
      fill: theme.text,
    },
    [
      svgNode(document, "title", {}, [visible(title)]),
      svgNode(document, "desc", {}, [visible(description)]),
      svgNode(document, "rect", { ...box, fill: theme.panel }),
      ...children,
    ],
  ) as SVGSVGElement;
}

/** Plot's own style sheet, class and font would leak into the page around the figure, so they go. */
function placeNode(node: SVGElement, x: number, y: number): SVGElement {
  for (const style of [...node.querySelectorAll("style")]) style.remove();
  for (const svg of [node, ...node.querySelectorAll("svg")]) {
    for (const name of ["class", "font-family", "style"]) svg.removeAttribute(name);
  }
  node.setAttribute("x", String(x));
  node.setAttribute("y", String(y));
  return node;
}
