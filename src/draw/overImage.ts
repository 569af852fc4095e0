/** @file Numbers by patch over an image: the image as it is, then once for each set of numbers under them. */
import { drawFigure, type Part } from "./figure.ts";
import { UNIT_SCALE } from "./headScale.ts";
import { drawLegend } from "./legend.ts";
import { hexOf, ramp, type Ramp } from "./ramp.ts";
import { svgNode } from "./svgNode.ts";
import { THEMES, type Theme } from "./theme.ts";

export interface OverImage {
  readonly title: string;
  readonly subtitle: readonly string[];
  /** A PNG file as base64. */
  readonly png: string;
  /** Patches of a side. */
  readonly side: number;
  readonly layers: readonly {
    readonly title: string;
    /** Row by row, 0 or more: side x side. */
    readonly values: readonly number[];
  }[];
  /** What the colours mean; each set has its largest number as its end. */
  readonly scaleLabel: string;
  readonly notes?: readonly string[] | undefined;
  readonly description: string;
}

/** Pixels of a side, between two images, above one for its title, and of its letters. */
const [SIZE, GAP, TITLE, FONT] = [224, 18, 20, 11.5];
const IN_A_ROW = 3;
/** How much of the image is hidden where a number is the largest. */
const COVER = 0.75;

/** The picture as one SVG element. */
export function overImage(
  picture: OverImage,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  const { title, subtitle, scaleLabel: label, notes = [], description } = picture;
  const legend = drawLegend(document, theme, { scale: UNIT_SCALE, label });
  const parts = [legend, gridOf(document, theme, picture)];
  return drawFigure(document, theme, { title, subtitle, parts, notes, description });
}

function gridOf(document: Document, theme: Theme, { png, side, layers }: OverImage): Part {
  const colourOf = ramp(theme[UNIT_SCALE.kind]);
  const panels = [{ title: "the image", values: [] as readonly number[] }, ...layers];
  const nodes = panels.flatMap(({ title, values }, index) => {
    const x = (index % IN_A_ROW) * (SIZE + GAP);
    const y = Math.floor(index / IN_A_ROW) * (SIZE + GAP + TITLE);
    const text = { x, y: y + FONT, "font-size": FONT, fill: theme.text };
    return [
      svgNode(document, "text", text, [title]),
      svgNode(document, "image", {
        ...{ x, y: y + TITLE, width: SIZE, height: SIZE },
        ...{ href: `data:image/png;base64,${png}`, preserveAspectRatio: "none" },
      }),
      ...cells(document, values, side, { x, y: y + TITLE }, colourOf),
    ];
  });
  const rows = Math.ceil(panels.length / IN_A_ROW);
  const width = Math.min(IN_A_ROW, panels.length) * (SIZE + GAP) - GAP;
  const height = rows * (SIZE + GAP + TITLE) - GAP;
  return {
    node: svgNode(document, "svg", { width, height }, nodes),
    width,
    height,
  };
}

function cells(
  document: Document,
  values: readonly number[],
  side: number,
  at: { readonly x: number; readonly y: number },
  colourOf: Ramp,
): SVGElement[] {
  const most = Math.max(0, ...values);
  const cell = SIZE / side;
  return values.flatMap((value, index) => {
    const fraction = most > 0 ? value / most : 0;
    if (fraction < 0.02) return []; // too faint to be seen
    return svgNode(document, "rect", {
      ...{ x: at.x + (index % side) * cell, y: at.y + Math.floor(index / side) * cell },
      ...{
        width: cell,
        height: cell,
        fill: hexOf(colourOf(fraction)),
        "fill-opacity": COVER * fraction,
      },
    });
  });
}
