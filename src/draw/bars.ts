/** @file Named numbers with intervals as bars: top heads, ablations, evidence side by side. */
import * as Plot from "@observablehq/plot";
import { InputError } from "../base/errors.ts";
import { drawFigure } from "./figure.ts";
import { drawKey, type KeyEntry } from "./key.ts";
import { toBound } from "./numbers.ts";
import { THEMES, type Theme } from "./theme.ts";
import { shortenText, visible } from "./visible.ts";
import { widthOf } from "./wrap.ts";

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Ends of the 95 % interval; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface BarChart {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly bars: readonly Bar[];
  /** What the bars measure, with the unit. */
  readonly valueLabel: string;
  /** A value worth knowing, such as the null's. */
  readonly reference?: { readonly value: number; readonly label: string };
  readonly notes?: readonly string[] | undefined;
  readonly description: string;
}

const ROW = 26;
const FONT = 12;
const PLOT_WIDTH = 480;
const LONGEST_NAME = 40;

/**
 * The chart as one SVG element: bars from zero, intervals as lines with ends, values in words beside them.
 *
 * @throws {InputError} "range" for no bars, or numbers that are not finite
 */
export function barChart(
  chart: BarChart,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  checkBarChart(chart);
  const spec = barChartPlot(chart, theme);
  const node = Plot.plot({ ...spec, document }) as SVGSVGElement;
  const left = spec.marginLeft!;
  const entries: KeyEntry[] = chart.reference
    ? [{ shape: "tick", label: chart.reference.label }]
    : [];
  const key = drawKey(document, theme, entries, { left, most: spec.width! });
  return drawFigure(document, theme, {
    title: chart.title,
    subtitle: chart.subtitle,
    parts: [
      ...(entries.length > 0 ? [key] : []),
      { node, width: spec.width!, height: spec.height! },
    ],
    notes: chart.notes ?? [],
    description: chart.description,
  });
}

/** The Observable Plot specification of the bars alone. */
function barChartPlot({ bars, ...chart }: BarChart, theme: Theme): Plot.PlotOptions {
  const rows = bars.map((bar, index) => ({ ...bar, index }));
  const names = bars.map(({ name }) => shortenText(visible(name), LONGEST_NAME));
  const numbers = bars.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  if (chart.reference) numbers.push(chart.reference.value);
  const [least, most] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const bound = Math.max(-least, most) || 1;
  const air = least < 0 ? bound * 0.03 : 0; // between an interval's end and the names
  const marginLeft = Math.ceil(Math.max(...names.map(widthOf)) * FONT) + 14;
  const marginRight = 150;
  const axis = { tickSize: 0, tickPadding: 8, fontSize: FONT, label: null };
  return {
    marginLeft,
    marginRight,
    marginTop: 6,
    marginBottom: 42,
    width: marginLeft + PLOT_WIDTH + marginRight,
    height: rows.length * ROW + 48,
    x: { type: "linear", domain: [least - air, most || bound] },
    y: { type: "band", domain: rows.map((row) => row.index), padding: 0.3 },
    marks: [
      Plot.axisY({ ...axis, tickFormat: (index: number) => names[index]! }),
      Plot.axisX({
        label: chart.valueLabel,
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 38,
        fontSize: 11.5,
        ticks: 6,
        tickSize: 4,
      }),
      Plot.gridX({ stroke: theme.line, strokeOpacity: 0.3, ticks: 6 }),
      Plot.barX(rows, { x: "value", y: "index", fill: theme.marks[3], fillOpacity: 0.55 }),
      Plot.ruleX([0], { stroke: theme.text }),
      ...intervalMarks(rows, theme),
      ...(chart.reference
        ? [Plot.ruleX([chart.reference.value], { stroke: theme.text, strokeWidth: 1.8 })]
        : []),
      Plot.text(rows, {
        y: "index",
        frameAnchor: "right",
        textAnchor: "start",
        dx: 12,
        fontSize: FONT,
        text: (bar: Bar) => barText(bar, bound),
      }),
    ],
  };
}

function intervalMarks(
  rows: readonly (Bar & { readonly index: number })[],
  theme: Theme,
): Plot.Markish[] {
  const bounded = rows.filter(({ low, high }) => low !== null && high !== null);
  const style = { y: "index", stroke: theme.text, strokeWidth: 1.6 };
  return [
    Plot.ruleY(bounded, { ...style, x1: "low", x2: "high" }),
    Plot.tickX(bounded, { ...style, x: "low", inset: 4 }),
    Plot.tickX(bounded, { ...style, x: "high", inset: 4 }),
  ];
}

function barText({ value, low, high }: Bar, bound: number): string {
  const text = (number: number) => toBound(number, bound / 5); // intervals need more digits than a map
  return low === null || high === null
    ? text(value)
    : `${text(value)} [${text(low)}, ${text(high)}]`;
}

function checkBarChart({ bars }: BarChart): void {
  if (bars.length === 0) throw new InputError("range", "a bar chart needs bars, got none");
  for (const { name, value, low, high } of bars) {
    if ([value, low ?? 0, high ?? 0].every(Number.isFinite)) continue;
    throw new InputError(
      "range",
      `bar ${name} needs finite numbers, got ${value} [${low}, ${high}]`,
    );
  }
}
