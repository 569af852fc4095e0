/** @file An audit as a picture: conventions down, ideal heads to the right, as a head map with names. */
import * as Plot from "@observablehq/plot";
import type { AuditResult } from "./result.ts";
import { AUDIT_COLUMNS, layoutWords } from "./viewWords.ts";
import { drawFigure } from "../../draw/figure.ts";
import { fractionOf, type HeadScale, UNIT_SCALE, valueText } from "../../draw/headScale.ts";
import { drawLegend } from "../../draw/legend.ts";
import { hexOf, ramp, textOn } from "../../draw/ramp.ts";
import { THEMES, type Theme } from "../../draw/theme.ts";
import { shortenText, visible } from "../../draw/visible.ts";
import { widthOf } from "../../draw/wrap.ts";

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly value: number | null;
  readonly text: string;
  readonly title: string;
  readonly isMeant: boolean;
}

const SCALE: HeadScale = { kind: "diverging", bound: 1 };
const CELL = { width: 92, height: 22, font: 12 };
const LONGEST_LINE = 300;

/**
 * The picture as one SVG element.
 *
 * @param document the page's, or a stand-in such as happy-dom's
 */
export function auditPicture(
  result: AuditResult,
  document: Document,
  theme: Theme = THEMES.light,
): SVGSVGElement {
  const spec = auditPlot(result, theme);
  const plot = Plot.plot({ ...spec, document }) as SVGSVGElement;
  const legend = drawLegend(document, theme, {
    scale: SCALE,
    label: "score of the head in this column",
    key: [{ shape: "box", label: "the head that the convention is meant to find" }],
  });
  return drawFigure(document, theme, {
    title: "What every convention makes of ideal heads",
    subtitle: [shortenText(layoutWords(result), LONGEST_LINE), result.summary],
    parts: [legend, { node: plot, width: spec.width!, height: spec.height! }],
    notes: [
      "A convention that is right has its ceiling in the outlined cell and the null or less in all others. A dash is 0/0.",
      ...result.warnings,
    ],
    description: result.summary,
  });
}

/** The Observable Plot specification of the table alone. */
function auditPlot({ conventions }: AuditResult, theme: Theme): Plot.PlotOptions {
  const names = conventions.map(({ convention }) => visible(convention));
  const marginLeft = Math.ceil(Math.max(...names.map(widthOf)) * CELL.font) + 14;
  const margin = { marginTop: 28, marginRight: 3, marginBottom: 3, marginLeft };
  const axis = { tickSize: 0, tickPadding: 7, fontSize: CELL.font, fill: theme.text, label: null };
  const band = { type: "band" as const, padding: 0, round: false };
  return {
    ...margin,
    width: marginLeft + CELL.width * AUDIT_COLUMNS.length + margin.marginRight,
    height: CELL.height * conventions.length + margin.marginTop + margin.marginBottom,
    x: { ...band, domain: AUDIT_COLUMNS.map((_, column) => column) },
    y: { ...band, domain: conventions.map((_, row) => row) },
    marks: [
      Plot.axisX({
        ...axis,
        anchor: "top",
        fontSize: 11,
        tickFormat: (column: number) => AUDIT_COLUMNS[column]!.title,
      }),
      Plot.axisY({ ...axis, tickFormat: (row: number) => names[row]! }),
      ...cellMarks(cellsOf(conventions), theme),
    ],
  };
}

function cellsOf(conventions: AuditResult["conventions"]): Cell[] {
  return conventions.flatMap((convention, row) =>
    AUDIT_COLUMNS.map(({ title, head, valueOf }, column) => {
      const value = valueOf(convention);
      const text = valueText(value, UNIT_SCALE);
      return {
        ...{ row, column, value, text },
        title: `${convention.convention}, ${title}: ${value?.toFixed(4) ?? "0/0"}`,
        isMeant: head === convention.finds,
      };
    }),
  );
}

function cellMarks(cells: readonly Cell[], theme: Theme): Plot.Markish[] {
  const at = { x: "column", y: "row" };
  const colourOf = ramp(theme[SCALE.kind]);
  const colour = (value: number) => colourOf(fractionOf(value, SCALE));
  const filled = cells.filter((cell): cell is Cell & { value: number } => cell.value !== null);
  const meant = cells.filter(({ isMeant }) => isMeant);
  const outline = { ...at, fill: "none", rx: 2 };
  const fill = ({ value }: Cell) => (value === null ? theme.secondText : textOn(colour(value)));
  return [
    Plot.cell(filled, {
      ...at,
      inset: 0.5,
      title: "title",
      fill: {
        value: ({ value }: Cell) => hexOf(colour(value!)),
        scale: null,
      },
    }),
    Plot.text(cells, {
      ...at,
      text: "text",
      fontSize: CELL.font,
      fill: { value: fill, scale: null },
    }),
    Plot.cell(meant, { ...outline, stroke: theme.panel, strokeWidth: 4.5, inset: 0.5 }),
    Plot.cell(meant, { ...outline, stroke: theme.text, strokeWidth: 2.2, inset: 0.5 }),
  ];
}
