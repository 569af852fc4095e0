/** @file Matrices with named rows and columns side by side: attention patterns, parts of a score. */
import { InputError } from "../base/errors.ts";
import { drawFigure, type Part } from "./figure.ts";
import { fractionOf, valueText, type HeadScale } from "./headScale.ts";
import { drawLegend } from "./legend.ts";
import { hexOf, ramp, textOn } from "./ramp.ts";
import { svgNode } from "./svgNode.ts";
import { THEMES, type Theme } from "./theme.ts";
import { visible } from "./visible.ts";
import { widthOf } from "./wrap.ts";

export interface Matrix {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** [row][column]; null, or a row that ends early, where there is nothing. */
  readonly values: readonly (readonly (number | null)[])[];
  /** A cell with an outline. */
  readonly marked?: { readonly row: number; readonly column: number };
  /** A scale of its own with what its colours mean; left out: that of the picture. */
  readonly own?: { readonly scale: HeadScale; readonly scaleLabel: string } | undefined;
}

export interface Matrices {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly matrices: readonly Matrix[];
  /** What stands in rows and in columns, in words. */
  readonly rowName: string;
  readonly columnName: string;
  readonly scale: HeadScale;
  readonly scaleLabel: string;
  /** Cells without a value are crossed, where they mean something else than nothing. */
  readonly crossesGaps?: boolean | undefined;
  readonly notes?: readonly string[] | undefined;
  readonly description: string;
}

/** Colours that are told apart: cells of one colour are one path, so 200 x 200 cells stay small. */
const LEVELS = 96;
const FONT = 10.5;
const GAP = 22;
/** Pixels that the cells of one matrix aim at, by how many stand side by side. */
const AIM = [0, 640, 430, 320] as const;

/**
 * The picture as one SVG element: at most three matrices side by side.
 *
 * @throws {InputError} "shape" for no matrices, or one without cells
 */
export function matrices(
  picture: Matrices,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  if (picture.matrices.length === 0 || picture.matrices.some(({ values }) => values.length === 0))
    throw new InputError("shape", "a picture of matrices needs cells, got none");
  const legends = [picture, ...picture.matrices.flatMap(({ own }) => own ?? [])].map(
    ({ scale, scaleLabel: label }) => drawLegend(document, theme, { scale, label }),
  );
  return drawFigure(document, theme, {
    title: picture.title,
    subtitle: picture.subtitle,
    parts: [...legends, gridOf(document, theme, picture)],
    notes: [
      `Rows are ${picture.rowName}, columns are ${picture.columnName}.`,
      ...(picture.notes ?? []),
    ],
    description: picture.description,
  });
}

function gridOf(document: Document, theme: Theme, picture: Matrices): Part {
  const across = Math.min(3, picture.matrices.length);
  const drawings = picture.matrices.map((matrix) =>
    drawMatrix(document, theme, matrix, picture, AIM[across]!),
  );
  const nodes: SVGElement[] = [];
  let [y, width] = [0, 0];
  for (let first = 0; first < drawings.length; first += across) {
    const row = drawings.slice(first, first + across);
    let x = 0;
    for (const { node, width: wide } of row) {
      node.setAttribute("transform", `translate(${x},${y})`);
      nodes.push(node);
      x += wide + GAP;
    }
    width = Math.max(width, x - GAP);
    y += Math.max(...row.map(({ height }) => height)) + GAP;
  }
  const height = y - GAP;
  return { node: svgNode(document, "svg", { width, height }, nodes), width, height };
}

interface Frame {
  readonly cell: number;
  readonly left: number;
  readonly top: number;
  readonly theme: Theme;
  readonly document: Document;
}

function drawMatrix(
  document: Document,
  theme: Theme,
  matrix: Matrix,
  { scale: common, rowName, columnName, crossesGaps = false }: Matrices,
  aim: number,
): Part {
  const scale = matrix.own?.scale ?? common;
  const [rows, columns] = [matrix.rows.length, matrix.columns.length];
  const cell = Math.max(1.5, Math.min(34, Math.floor((2 * aim) / Math.max(rows, columns)) / 2));
  const every = Math.ceil((FONT + 2) / cell);
  const label = (name: string) => widthOf(visible(name)) * FONT;
  const longest = (names: readonly string[]) =>
    Math.max(...names.filter((_, index) => index % every === 0).map(label), 10);
  const left = Math.ceil(longest(matrix.rows)) + 26;
  const top = 24;
  const bottom = Math.ceil(longest(matrix.columns)) + 26;
  const frame = { cell, left, top, theme, document };
  const wide = columns * cell;
  const tall = rows * cell;
  const nodes = [
    text(frame, matrix.title, { x: left, y: 14, "font-size": 12.5, "font-weight": "bold" }),
    svgNode(document, "rect", {
      x: left - 0.5,
      y: top - 0.5,
      width: wide + 1,
      height: tall + 1,
      fill: "none",
      stroke: theme.line,
      "stroke-opacity": 0.6,
    }),
    ...cellPaths(frame, matrix, scale),
    ...(crossesGaps ? gapCrosses(frame, matrix) : []),
    ...cellTexts(frame, matrix, scale),
    ...rowLabels(frame, matrix.rows, every),
    ...columnLabels(frame, matrix.columns, every, tall),
    text(frame, shortName(rowName), {
      transform: `translate(11,${top + tall / 2}) rotate(-90)`,
      "text-anchor": "middle",
      "font-size": 11.5,
    }),
    text(frame, shortName(columnName), {
      x: left + wide / 2,
      y: top + tall + bottom - 4,
      "text-anchor": "middle",
      "font-size": 11.5,
    }),
    ...outline(frame, matrix.marked),
  ];
  return {
    node: svgNode(document, "g", {}, nodes),
    width: left + Math.max(wide + 2, widthOf(visible(matrix.title)) * 13),
    height: top + tall + bottom,
  };
}

/** The words before the first comma or colon: axes have little room. */
function shortName(name: string): string {
  return name.split(/[,:(]/)[0]!.trim();
}

function text(
  { document, theme }: Frame,
  content: string,
  attributes: Readonly<Record<string, string | number>>,
): SVGElement {
  return svgNode(document, "text", { fill: theme.text, ...attributes }, [visible(content)]);
}

/** One path for each colour; neighbours of one colour in a row are one stroke of it. */
function cellPaths(
  { cell, left, top, theme, document }: Frame,
  { values }: Matrix,
  scale: HeadScale,
): SVGElement[] {
  const colourOf = ramp(theme[scale.kind]);
  const paths = new Map<number, string>();
  const none = levelOf(0, scale);
  values.forEach((row, y) => {
    for (let x = 0; x < row.length;) {
      const level = levelOf(row[x]!, scale);
      let end = x + 1;
      while (end < row.length && levelOf(row[end]!, scale) === level) end++;
      if (level !== null && level !== none) {
        const run = `M${round(left + x * cell)} ${round(top + y * cell)}h${round((end - x) * cell)}v${round(cell)}h${round((x - end) * cell)}z`;
        paths.set(level, (paths.get(level) ?? "") + run);
      }
      x = end;
    }
  });
  return [...paths].map(([level, d]) =>
    svgNode(document, "path", {
      d,
      fill: hexOf(colourOf(level / LEVELS)),
      "shape-rendering": "crispEdges",
    }),
  );
}

/** A small cross in each cell without a value. */
function gapCrosses({ cell, left, top, theme, document }: Frame, { values }: Matrix): SVGElement[] {
  const reach = Math.max(1, cell * 0.14);
  const arms = values.flatMap((row, y) =>
    row.flatMap((value, x) => {
      if (value !== null) return [];
      const [middle, height] = [left + (x + 0.5) * cell, top + (y + 0.5) * cell];
      const from = (sign: number) =>
        `M${round(middle - reach)} ${round(height - sign * reach)}L${round(middle + reach)} ${round(height + sign * reach)}`;
      return [from(1), from(-1)];
    }),
  );
  if (arms.length === 0) return [];
  const stroke = { stroke: theme.line, "stroke-width": 1, fill: "none" };
  return [svgNode(document, "path", { d: arms.join(""), ...stroke })];
}

function levelOf(value: number | null, scale: HeadScale): number | null {
  return value === null ? null : Math.round(fractionOf(value, scale) * LEVELS);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const LEAST_WRITTEN = 0.05;

function cellTexts(frame: Frame, { values }: Matrix, scale: HeadScale): SVGElement[] {
  const { cell, left, top, theme } = frame;
  const size = Math.min(10.5, cell * 0.36);
  if (size < 7.5) return [];
  const colourOf = ramp(theme[scale.kind]);
  return values.flatMap((row, y) =>
    row.flatMap((value, x) =>
      value === null || Math.abs(value) < LEAST_WRITTEN * scale.bound
        ? []
        : [
            text(frame, valueText(value, scale), {
              x: left + (x + 0.5) * cell,
              y: top + (y + 0.5) * cell + size * 0.36,
              "font-size": size,
              "text-anchor": "middle",
              fill: textOn(colourOf(fractionOf(value, scale))),
            }),
          ],
    ),
  );
}

function rowLabels(frame: Frame, names: readonly string[], every: number): SVGElement[] {
  const { cell, left, top } = frame;
  return everyNth(names, every).map(([name, index]) =>
    text(frame, name, {
      x: left - 5,
      y: top + (index + 0.5) * cell + FONT * 0.36,
      "font-size": FONT,
      "text-anchor": "end",
    }),
  );
}

function columnLabels(
  frame: Frame,
  names: readonly string[],
  every: number,
  tall: number,
): SVGElement[] {
  const { cell, left, top } = frame;
  return everyNth(names, every).map(([name, index]) =>
    text(frame, name, {
      transform: `translate(${round(left + (index + 0.5) * cell + FONT * 0.36)},${round(top + tall + 5)}) rotate(-90)`,
      "font-size": FONT,
      "text-anchor": "end",
    }),
  );
}

function everyNth(names: readonly string[], every: number): [string, number][] {
  return names
    .map((name, index): [string, number] => [name, index])
    .filter(([, at]) => at % every === 0);
}

function outline(
  { cell, left, top, theme, document }: Frame,
  marked: Matrix["marked"],
): SVGElement[] {
  if (!marked) return [];
  const box = {
    x: left + marked.column * cell - 1,
    y: top + marked.row * cell - 1,
    width: cell + 2,
    height: cell + 2,
    fill: "none",
  };
  return [
    svgNode(document, "rect", { ...box, stroke: theme.panel, "stroke-width": 4 }),
    svgNode(document, "rect", { ...box, stroke: theme.text, "stroke-width": 2 }),
  ];
}
