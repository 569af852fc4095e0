/** @file How many of each kind there are in each column, such as heads of a label by layer: a row of bars for each kind. */
import * as Plot from "@observablehq/plot";
import { range } from "d3-array";
import { InputError } from "../base/errors.ts";
import { drawFigure } from "./figure.ts";
import { THEMES, type Theme } from "./theme.ts";
import { shortenText, visible } from "./visible.ts";
import { widthOf } from "./wrap.ts";

export interface CountBars {
  readonly title: string;
  readonly subtitle: readonly string[];
  /** A row of bars each, from top to bottom. */
  readonly rows: readonly { readonly name: string; readonly counts: readonly number[] }[];
  /** What columns are: `layer`. */
  readonly columnName: string;
  readonly notes?: readonly string[] | undefined;
  readonly description: string;
}

const ROW = 52;
const FONT = 11.5;
const LONGEST_NAME = 32;
const AIM = 600;

/**
 * The picture as one SVG element; bars of a row are as high as its largest count allows, and say what they count.
 *
 * @throws {InputError} "range" for no rows, rows of unequal length, or counts that are not whole numbers
 */
export function countBars(
  picture: CountBars,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  checkCountBars(picture);
  const { title, subtitle, notes = [], description } = picture;
  const spec = countBarsPlot(picture, theme);
  const node = Plot.plot({ ...spec, document }) as SVGSVGElement;
  return drawFigure(document, theme, {
    ...{ title, subtitle, description },
    parts: [{ node, width: spec.width!, height: spec.height! }],
    notes: [...notes, "Each row has a scale of its own; the numbers are counts."],
  });
}

interface Bar {
  readonly row: number;
  readonly column: number;
  readonly count: number;
  /** Of the height that a row has, 0 to 1. */
  readonly share: number;
}

function countBarsPlot({ rows, columnName }: CountBars, theme: Theme): Plot.PlotOptions {
  const names = rows.map(({ name }) => shortenText(visible(name), LONGEST_NAME));
  const columns = rows[0]!.counts.length;
  const cell = Math.min(64, Math.max(11, AIM / columns));
  const bars = rows.flatMap(({ counts }, row) => {
    const most = Math.max(1, ...counts);
    return counts.map((count, column): Bar => ({ row, column, count, share: count / most }));
  });
  const marginLeft = Math.ceil(Math.max(...names.map(widthOf)) * FONT) + 20;
  const base = (row: number) => (row + 1) * ROW - 4;
  const size = Math.min(FONT, cell * 0.75);
  const every = Math.ceil(18 / cell);
  return {
    ...{ marginLeft, marginRight: 12, marginTop: 4, marginBottom: 44 },
    width: marginLeft + cell * columns + 12,
    height: rows.length * ROW + 48,
    x: { type: "linear", domain: [-0.5, columns - 0.5], axis: null },
    y: { type: "linear", domain: [rows.length * ROW, 0], axis: null },
    marks: [
      Plot.rect(
        bars.filter(({ count }) => count > 0),
        {
          x1: ({ column }: Bar) => column - 0.4,
          x2: ({ column }: Bar) => column + 0.4,
          y1: ({ row }: Bar) => base(row),
          y2: ({ row, share }: Bar) => base(row) - share * (ROW - 22),
          fill: theme.marks[3],
          fillOpacity: 0.65,
        },
      ),
      Plot.ruleY(rows, { y: (_: unknown, row: number) => base(row), stroke: theme.line }),
      Plot.text(
        bars.filter(({ count }) => count > 0),
        {
          ...{ x: "column", y: ({ row, share }: Bar) => base(row) - share * (ROW - 22), dy: -7 },
          ...{ text: ({ count }: Bar) => String(count), fontSize: size, fill: theme.text },
        },
      ),
      Plot.text(names, {
        ...{ y: (_: string, row: number) => base(row) - 6, frameAnchor: "left", dx: -10 },
        ...{ textAnchor: "end", fontSize: FONT, fill: theme.text },
        text: (name: string) => name,
      }),
      Plot.axisX({
        ticks: range(0, columns, every),
        ...{ tickFormat: String, tickSize: 0, tickPadding: 5, fontSize: FONT },
        ...{ label: columnName, labelAnchor: "center", labelArrow: "none", labelOffset: 38 },
      }),
    ],
  };
}

function checkCountBars({ rows }: CountBars): void {
  const columns = rows[0]?.counts.length ?? 0;
  const isCount = (count: number) => Number.isSafeInteger(count) && count >= 0;
  if (columns > 0 && rows.every(({ counts }) => counts.length === columns && counts.every(isCount)))
    return;
  throw new InputError(
    "range",
    `bars of counts need rows of equally many whole numbers, got ${JSON.stringify(rows.map(({ counts }) => counts))}`,
  );
}
