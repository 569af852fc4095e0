/** @file A row of tokens with arcs from each that looks to the one it looks at, as thick as the attention. */
import { arcsLayout, tokenFont, tokenRoom, type Arc, type ArcsLayout } from "./arcsLayout.ts";
import { drawFigure, type Part } from "./figure.ts";
import { svgNode } from "./svgNode.ts";
import { THEMES, type Theme } from "./theme.ts";
import { tokenText } from "./tokenText.ts";

export interface Arcs {
  readonly title: string;
  readonly subtitle: readonly string[];
  /** Tokens as people can read them. */
  readonly pieces: readonly string[];
  readonly arcs: readonly Arc[];
  /** The token that looks, and the one that it should find. */
  readonly query: number | null;
  readonly target: number | null;
  /** Where a block begins again. */
  readonly seam: number | null;
  /** What comes next, in a dashed box with words below it; null: nothing is said of it. */
  readonly guess: { readonly piece: string; readonly below: string } | null;
  /** The guess is copied from the target. */
  readonly isCopied: boolean;
  readonly notes?: readonly string[] | undefined;
  readonly description: string;
}

/** Pixels that a row aims at; more tokens than fit make it wider. */
const WIDTH = 900;

/** The picture as one SVG element. */
export function arcs(
  picture: Arcs,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  return drawFigure(document, theme, {
    title: picture.title,
    subtitle: picture.subtitle,
    parts: [rowOf(picture, document, theme)],
    notes: picture.notes ?? [],
    description: picture.description,
  });
}

interface Canvas {
  readonly document: Document;
  readonly theme: Theme;
  readonly layout: ArcsLayout;
  /** Of the tokens, pixels. */
  readonly fontSize: number;
}

function rowOf(picture: Arcs, document: Document, theme: Theme): Part {
  const { pieces, guess, target, isCopied } = picture;
  const layout = arcsLayout(
    {
      tokens: pieces.length,
      arcs: picture.arcs,
      hasGuess: guess !== null,
      copiedFrom: isCopied ? target : null,
      hasNote: false,
    },
    WIDTH,
  );
  const texts = guess ? [...pieces, guess.piece] : pieces;
  const canvas = { document, theme, layout, fontSize: tokenFont(texts, layout.box.width) };
  const { width, height } = layout;
  const nodes = [...seamOf(canvas, picture), ...boxesOf(canvas, picture), ...linesOf(canvas)];
  return { node: svgNode(document, "svg", { width, height }, nodes), width, height };
}

/** Colours by what a line means: the same as in the explorer. */
function coloursOf({ marks }: Theme) {
  const [key, previous, , induction] = marks;
  return { key, previous, induction };
}

function seamOf({ document, theme, layout }: Canvas, { seam }: Arcs): SVGElement[] {
  if (seam === null) return [];
  const { left, gap, box } = layout;
  const x = left(seam) - gap / 2;
  const line = { x1: x, x2: x, y1: box.top - 16, y2: box.top + box.height + 20 };
  return [svgNode(document, "line", { ...line, stroke: theme.line, "stroke-dasharray": "2 4" })];
}

function boxesOf(canvas: Canvas, { pieces, query, target, guess }: Arcs): SVGElement[] {
  const { theme } = canvas;
  const { key } = coloursOf(theme);
  const outlineOf = (at: number): readonly [string, number] =>
    at === query ? [theme.text, 3] : at === target ? [key, 3] : [theme.line, 1];
  return [
    ...pieces.flatMap((piece, at) =>
      boxOf(canvas, { piece, at, below: String(at), outline: outlineOf(at) }),
    ),
    ...(guess
      ? boxOf(canvas, { ...guess, at: pieces.length, outline: [key, 2.5], dash: "6 4" })
      : []),
  ];
}

interface Box {
  readonly piece: string;
  readonly at: number;
  readonly below: string;
  readonly outline: readonly [colour: string, width: number];
  readonly dash?: string;
}

function boxOf(
  { document, theme, layout, fontSize }: Canvas,
  { piece, at, below, outline: [stroke, strokeWidth], dash }: Box,
): SVGElement[] {
  const { left, middle, box } = layout;
  const frame = { x: left(at), y: box.top, width: box.width, height: box.height, rx: 8 };
  const anchor = { x: middle(at), "text-anchor": "middle" };
  return [
    svgNode(document, "rect", {
      ...frame,
      fill: theme.panel,
      stroke,
      "stroke-width": strokeWidth,
      ...(dash && { "stroke-dasharray": dash }),
    }),
    svgNode(
      document,
      "text",
      { ...anchor, y: box.top + box.height / 2 + 6, "font-size": fontSize, fill: theme.text },
      [tokenText(piece, tokenRoom(box.width))],
    ),
    svgNode(
      document,
      "text",
      { ...anchor, y: box.top + box.height + 16, "font-size": 13, fill: theme.secondText },
      [below],
    ),
  ];
}

function linesOf({ document, theme, layout }: Canvas): SVGElement[] {
  const colours = coloursOf(theme);
  const { copied } = layout;
  return [
    ...layout.arcs.flatMap(({ arc, line, point, thickness }) => {
      const stroke = colours[arc.role];
      return [
        svgNode(document, "path", { d: line, fill: "none", stroke, "stroke-width": thickness }),
        svgNode(document, "path", { d: point, fill: stroke }),
      ];
    }),
    ...(copied
      ? [
          svgNode(document, "path", {
            ...{ d: copied.line, fill: "none", stroke: colours.key },
            ...{ "stroke-width": 3, "stroke-dasharray": "8 6" },
          }),
          svgNode(document, "path", { d: copied.point, fill: colours.key }),
        ]
      : []),
    ...layout.arcs.flatMap((drawnArc) => labelOf({ document, theme }, drawnArc)),
  ];
}

/** Words of an arc, drawn after all arcs so that none crosses them. */
function labelOf(
  { document, theme }: Pick<Canvas, "document" | "theme">,
  { arc, label: { x, y, anchor } }: ArcsLayout["arcs"][number],
): SVGElement[] {
  if (!arc.label) return [];
  const halo = { stroke: theme.panel, "stroke-width": 4, "paint-order": "stroke" };
  const place = { x, y, "text-anchor": anchor, fill: coloursOf(theme)[arc.role] };
  const font = { "font-size": 13, "font-weight": 600 };
  return [svgNode(document, "text", { ...place, ...font, ...halo }, [arc.label])];
}
