/** @file A number for every head as a picture: heads to the right, layers down, as an image of the matrix `[layer][head]`. */
import { headName } from "../base/headName.ts";
import * as Plot from "@observablehq/plot";
import { range } from "d3-array";
import { InputError } from "../base/errors.ts";
import { cellSize, type CellSize } from "./cellSize.ts";
import { drawFigure } from "./figure.ts";
import { fractionOf, valueText, type HeadScale } from "./headScale.ts";
import type { KeyEntry } from "./key.ts";
import { drawLegend } from "./legend.ts";
import { hexOf, ramp, textOn } from "./ramp.ts";
import { THEMES, type Theme } from "./theme.ts";

export interface MarkedHead {
  readonly layer: number;
  readonly head: number;
}

/** What a picture of heads shows. Every text may come from outside. */
export interface HeadMap {
  readonly title: string;
  readonly subtitle: readonly string[];
  /** `[layer][head]`; layers may have fewer heads than others. Null where there is no value. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Written on the cells in place of the values, `[layer][head]`. */
  readonly texts?: readonly (readonly string[])[] | undefined;
  readonly scale: HeadScale;
  /** What the colours mean, with the unit: `attention weight, 0 to 1`. */
  readonly scaleLabel: string;
  /** Heads with an outline, and what the outline means. */
  readonly marked?: { readonly heads: readonly MarkedHead[]; readonly label: string };
  /** A value worth knowing on the scale, such as the null's. */
  readonly reference?: { readonly value: number; readonly label: string };
  readonly notes?: readonly string[] | undefined;
  readonly description: string;
  /** What stands in a row and in a column; layer and head by default. */
  readonly rowName?: string | undefined;
  readonly columnName?: string | undefined;
}

interface Cell {
  readonly layer: number;
  readonly head: number;
  readonly value: number | null;
  readonly text: string;
}

/**
 * The picture as one SVG element.
 *
 * @param document the page's, or a stand-in such as happy-dom's
 * @throws {InputError} "shape" for no values, a layer without heads, or texts of another shape; "range" unless the
 *   bound is positive and finite
 */
export function headMap(map: HeadMap, document: Document, theme = THEMES.light): SVGSVGElement {
  checkHeadMap(map);
  const cells = cellsOf(map);
  const size = cellSize(
    map.values.length,
    mostHeads(map.values),
    cells.map((cell) => cell.text),
  );
  const spec = headMapPlot(map, theme, size);
  const plot = Plot.plot({ ...spec, document }) as SVGSVGElement;
  const legend = drawLegend(document, theme, {
    scale: map.scale,
    label: map.scaleLabel,
    ...(map.reference && { reference: map.reference.value }),
    key: keyOf(map),
  });
  return drawFigure(document, theme, {
    title: map.title,
    subtitle: map.subtitle,
    parts: [legend, { node: plot, width: spec.width!, height: spec.height! }],
    notes: [...(map.notes ?? []), ...sizeNotes(map, size)],
    description: map.description,
  });
}

/** The Observable Plot specification of the matrix alone, without title, legend and notes. */
function headMapPlot(map: HeadMap, theme: Theme, size: CellSize): Plot.PlotOptions {
  const layers = map.values.length;
  const heads = mostHeads(map.values);
  const margin = { marginTop: 3, marginRight: 3, marginBottom: 40, marginLeft: 50 };
  const axis = { tickSize: 0, tickPadding: 5, fontSize: size.axisFont, fill: theme.text };
  const colourOf = ramp(theme[map.scale.kind]);
  const names = { x: map.columnName ?? "head", y: map.rowName ?? "layer" };
  return {
    ...margin,
    width: size.width * heads + margin.marginLeft + margin.marginRight,
    height: size.height * layers + margin.marginTop + margin.marginBottom,
    x: { type: "band", domain: range(heads), padding: 0, align: 0, round: false },
    y: { type: "band", domain: range(layers), padding: 0, align: 0, round: false },
    color: {
      type: "linear",
      domain: [map.scale.kind === "diverging" ? -map.scale.bound : 0, map.scale.bound],
      clamp: true,
      interpolate: (fraction: number) => hexOf(colourOf(fraction)),
    },
    marks: [
      Plot.axisX(everyNth(heads, size.width, size.axisFont * 1.9), { ...axis, label: null }),
      Plot.axisY(everyNth(layers, size.height, size.axisFont * 1.1), { ...axis, label: null }),
      axisName(names.x, { frameAnchor: "bottom", dy: 36 }),
      axisName(names.y, { frameAnchor: "left", dx: -40, rotate: -90 }),
      ...cellMarks(map, theme, size),
    ],
  };
}

function axisName(name: string, place: Plot.TextOptions): Plot.Text {
  return Plot.text([name], {
    ...place,
    text: (text: string) => text,
    textAnchor: "middle",
    fontSize: 12.5,
  });
}

function cellMarks(map: HeadMap, theme: Theme, size: CellSize): Plot.Markish[] {
  const cells = cellsOf(map);
  const at = { x: "head", y: "layer" };
  const filledCells = cells.filter((cell) => cell.value !== null);
  const labelledCells = size.font > 0 ? cells.filter((cell) => isWritten(cell, map, size)) : [];
  const colourOf = ramp(theme[map.scale.kind]);
  const fill = (cell: Cell) =>
    cell.value === null ? theme.secondText : textOn(colourOf(fractionOf(cell.value, map.scale)));
  const marked = map.marked?.heads ?? [];
  const outline = { ...at, fill: "none", rx: 2 };
  return [
    Plot.cell(filledCells, { ...at, fill: "value", inset: size.gap / 2, title: tooltip }),
    Plot.text(labelledCells, {
      ...at,
      text: "text",
      fontSize: size.font,
      fill: { value: fill, scale: null },
    }),
    Plot.cell(marked, { ...outline, stroke: theme.panel, strokeWidth: 4.5, inset: 0 }),
    Plot.cell(marked, { ...outline, stroke: theme.text, strokeWidth: 2.2, inset: 0 }),
  ];
}

const tooltip = (cell: Cell) => `${headName(cell)}: ${cell.text}`;

function cellsOf(map: HeadMap): Cell[] {
  return map.values.flatMap((row, layer) =>
    row.map((value, head) => ({
      layer,
      head,
      value,
      text: map.texts?.[layer]?.[head] ?? valueText(value, map.scale),
    })),
  );
}

/** A map of many heads stays calm when values that look like zero are not written. */
const LEAST_WRITTEN = 0.05;

function isWritten(cell: Cell, map: HeadMap, size: CellSize): boolean {
  if (!size.sparse || map.texts !== undefined || cell.value === null) return true;
  return Math.abs(cell.value) >= LEAST_WRITTEN * map.scale.bound;
}

function sizeNotes(map: HeadMap, size: CellSize): string[] {
  if (size.font === 0) return ["Cells are too small for numbers: the colours alone show them."];
  if (!size.sparse || map.texts !== undefined) return [];
  const least = valueText(LEAST_WRITTEN * map.scale.bound, map.scale);
  return [`Numbers nearer to 0 than ${least} are not written.`];
}

function keyOf(map: HeadMap): KeyEntry[] {
  const key: KeyEntry[] = [];
  if (map.marked && map.marked.heads.length > 0)
    key.push({ shape: "box", label: map.marked.label });
  if (map.reference) key.push({ shape: "tick", label: map.reference.label });
  return key;
}

/** Heads of the layer that has most. */
export function mostHeads(values: HeadMap["values"]): number {
  return Math.max(...values.map((row) => row.length));
}

function checkHeadMap({ values, texts, scale }: HeadMap): void {
  const sameShape = (rows: readonly (readonly unknown[])[]) =>
    rows.length === values.length &&
    rows.every((row, layer) => row.length > 0 && row.length === values[layer]!.length);
  if (values.length === 0 || !sameShape(values) || (texts !== undefined && !sameShape(texts))) {
    const lengths = (rows: readonly (readonly unknown[])[]) =>
      `rows of ${rows.map((row) => row.length).join(", ") || "nothing"}`;
    const got = texts === undefined ? "" : ` and texts in ${lengths(texts)}`;
    throw new InputError(
      "shape",
      `a head map needs a value for every head of every layer, got values in ${lengths(values)}${got}`,
    );
  }
  if (!(scale.bound > 0 && scale.bound < Infinity)) {
    throw new InputError(
      "range",
      `a head map needs a positive and finite bound of its scale, got ${scale.bound}`,
    );
  }
}

/** 0, step, 2 * step ... with the smallest step of 1, 2, 5, 10, ... whose labels keep `least` pixels apart. */
function everyNth(count: number, pixels: number, least: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100].find((nth) => nth * pixels >= least) ?? 200;
  return range(count).filter((index) => index % step === 0);
}
