/** @file Numbers over steps, layers or strengths as lines with bands: loss and scores in training, ablation curves. */
import * as Plot from "@observablehq/plot";
import { InputError } from "../base/errors.ts";
import { drawFigure } from "./figure.ts";
import { drawKey, MOST_SERIES, seriesStyle } from "./key.ts";
import { tickText, wholeTicks } from "./ticks.ts";
import { THEMES, type Theme } from "./theme.ts";

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the 95 % interval, where there is one. */
  readonly low?: number | null | undefined;
  readonly high?: number | null | undefined;
}

export interface Line {
  readonly name: string;
  readonly points: readonly LinePoint[];
}

/** One plot with its lines. */
export interface LinePanel {
  readonly lines: readonly Line[];
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  /** Values of y worth knowing, such as a null's. */
  readonly references?: readonly { readonly value: number; readonly label: string }[];
  /** Stretches of x that are shaded over the whole height, such as the interval of a change. */
  readonly spans?: readonly {
    readonly from: number;
    readonly to: number;
    readonly label: string;
  }[];
}

interface Words {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly notes?: readonly string[] | undefined;
  readonly description: string;
}

export interface LineChart extends LinePanel, Words {}

/** Plots one under the other, each with its own key. */
export interface LineFigure extends Words {
  readonly panels: readonly LinePanel[];
}

export interface AxisOptions {
  /** What it is, with the unit. */
  readonly label: string;
  /** From where to where; by default what the points need. */
  readonly domain?: readonly [number, number] | undefined;
  /** Logarithmic; every number must be positive then. */
  readonly log?: boolean | undefined;
  /** Where the ticks are; left out: round numbers. */
  readonly ticks?: readonly number[] | undefined;
  /** Ticks at whole numbers alone, as for layers and counts, which have no halves. */
  readonly whole?: boolean | undefined;
}

const SIZE = { width: 680, height: 340 };
const MARGIN = { marginTop: 30, marginRight: 16, marginBottom: 42, marginLeft: 56 };
const MOST_SYMBOLS = 24;

/**
 * The chart as one SVG element; lines differ in colour and in symbol, and in dashes from the fifth on.
 *
 * @throws {InputError} "range" for no points, more lines than can be told apart, numbers that are not finite, or not
 *   positive on a logarithmic axis
 */
export function lineChart(
  chart: LineChart,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  return lineFigure({ ...chart, panels: [chart] }, document, theme);
}

/** Several plots as one SVG element; see `lineChart`. */
export function lineFigure(
  { title, subtitle, panels, notes = [], description }: LineFigure,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  panels.forEach(checkLineChart);
  const parts = panels.flatMap((panel) => {
    const node = Plot.plot({ ...lineChartPlot(panel, theme), document }) as SVGSVGElement;
    const entries = panel.lines.map(({ name }, index) => ({
      shape: "series" as const,
      index,
      label: name,
    }));
    const key = drawKey(document, theme, entries, { left: MARGIN.marginLeft, most: SIZE.width });
    return [key, { node, ...SIZE }];
  });
  return drawFigure(document, theme, { title, subtitle, parts, notes, description });
}

/** The Observable Plot specification of the lines alone. */
function lineChartPlot(chart: LinePanel, theme: Theme): Plot.PlotOptions {
  const scale = ({ log, domain }: AxisOptions) => ({
    type: log === true ? ("log" as const) : ("linear" as const),
    ...(domain === undefined ? { nice: log !== true } : { domain: [...domain] }),
  });
  const axis = { fontSize: 11.5, tickSize: 4, labelArrow: "none" as const };
  const points = chart.lines.flatMap((line) => line.points);
  const ticksOf = ({ log, ticks: values, whole, domain }: AxisOptions, name: "x" | "y") => {
    const at =
      values ?? (whole ? wholeTicks(...ends(domain ?? points.map((point) => point[name]))) : null);
    return { ...(log === true ? {} : { tickFormat: tickText }), ...(at && { ticks: [...at] }) };
  };
  const yTicks = ticksOf(chart.y, "y");
  return {
    ...SIZE,
    ...MARGIN,
    x: scale(chart.x),
    y: scale(chart.y),
    marks: [
      Plot.gridY({
        stroke: theme.line,
        strokeOpacity: 0.3,
        ...(yTicks.ticks && { ticks: yTicks.ticks }),
      }),
      Plot.axisY({ ...axis, ...yTicks, label: chart.y.label }),
      Plot.axisX({
        ...axis,
        ...ticksOf(chart.x, "x"),
        label: chart.x.label,
        labelAnchor: "center",
        labelOffset: 38,
      }),
      ...(chart.spans ?? []).flatMap((span) => spanMarks(span, theme)),
      ...(chart.references ?? []).flatMap((reference) => referenceMarks(reference, theme)),
      ...chart.lines.flatMap((line, index) => lineMarks(line, seriesStyle(theme, index))),
    ],
  };
}

function ends(values: readonly number[]): [least: number, most: number] {
  return [Math.min(...values), Math.max(...values)];
}

function lineMarks(
  { points }: Line,
  { stroke, symbol, strokeDasharray }: ReturnType<typeof seriesStyle>,
): Plot.Markish[] {
  const at = { x: "x", y: "y" };
  const banded = points.filter(({ low, high }) => isNumber(low) && isNumber(high));
  const every = Math.ceil(points.length / MOST_SYMBOLS);
  return [
    Plot.areaY(banded, { x: "x", y1: "low", y2: "high", fill: stroke, fillOpacity: 0.18 }),
    Plot.line(points, {
      ...at,
      stroke,
      strokeWidth: 2,
      ...(strokeDasharray !== undefined && { strokeDasharray }),
    }),
    Plot.dot(
      points.filter((_, index) => index % every === 0),
      { ...at, fill: stroke, stroke: "none", symbol, r: 3.4 },
    ),
  ];
}

/** A narrow stretch is still seen by its two edges. */
function spanMarks(
  { from, to, label }: NonNullable<LinePanel["spans"]>[number],
  theme: Theme,
): Plot.Markish[] {
  const edge = { stroke: theme.text, strokeOpacity: 0.45, strokeWidth: 1 };
  return [
    Plot.rect([{ from, to }], { x1: "from", x2: "to", fill: theme.text, fillOpacity: 0.13 }),
    Plot.ruleX([from, to], edge),
    Plot.text([label], {
      x: () => Math.sqrt(from * to),
      text: (text: string) => text,
      frameAnchor: "top",
      dy: -14,
      fontSize: 11.5,
      fill: theme.text,
    }),
  ];
}

const isNumber = (end: number | null | undefined) => typeof end === "number";

function referenceMarks(
  { value, label }: { readonly value: number; readonly label: string },
  theme: Theme,
): Plot.Markish[] {
  return [
    Plot.ruleY([value], { stroke: theme.text, strokeDasharray: "3 3" }),
    Plot.text([label], {
      y: () => value,
      text: (text: string) => text,
      frameAnchor: "right",
      textAnchor: "end",
      dy: -8,
      fontSize: 11.5,
      fill: theme.text,
      stroke: theme.panel,
      strokeWidth: 4,
    }),
  ];
}

function checkLineChart({ lines, x, y }: LinePanel): void {
  if (lines.length === 0 || lines.length > MOST_SERIES) {
    throw new InputError(
      "range",
      `a line chart needs 1 to ${MOST_SERIES} lines, got ${lines.length}`,
    );
  }
  for (const { name, points } of lines) {
    if (points.length === 0) throw new InputError("range", `line ${name} needs points, got none`);
    for (const point of points) {
      const ends = [point.low, point.high].filter(isNumber);
      const fits = (value: number, { log }: AxisOptions) =>
        Number.isFinite(value) && (log !== true || value > 0);
      if (fits(point.x, x) && [point.y, ...ends].every((value) => fits(value, y))) continue;
      throw new InputError(
        "range",
        `line ${name} needs finite numbers, positive ones on a logarithmic axis, got ${JSON.stringify(point)}`,
      );
    }
  }
}
