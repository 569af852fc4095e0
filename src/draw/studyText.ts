/** @file A study as text for a terminal. */
import { createColors } from "picocolors";
import { terminalMap } from "./terminalMap.ts";
import { columnsOf, visible } from "./visible.ts";
import { wrap } from "./wrap.ts";
import { tableText, type StudyTable, type StudyView } from "./studyView.ts";

export interface StudyTextOptions {
  /** Default false. */
  readonly colour?: boolean | undefined;
  /** Columns of the terminal, 40 or more. Default 80. */
  readonly width?: number | undefined;
}

const MOST_ROWS = 15;

/** Title, what was measured, sentences, map, tables of at most 15 rows, warnings; ends with a line end. */
export function studyText(
  view: StudyView,
  { colour = false, width: asked = 80 }: StudyTextOptions = {},
): string {
  const width = Math.max(40, asked);
  const paint = createColors(colour);
  const prose = (text: string) => wrap(visible(text), width, columnsOf);
  const map = view.map && {
    values: view.map.values,
    scale: view.map.scale,
    marked: view.map.marked?.heads ?? [],
  };
  const lines = [
    ...prose(view.title).map(paint.bold),
    ...view.lines.flatMap(prose),
    "",
    ...view.sentences.flatMap(prose),
    ...(map
      ? [
          "",
          ...prose(
            `${view.map.scaleLabel}: ${view.map.rowName ?? "layer"}s down, ${view.map.columnName ?? "head"}s to the right`,
          ).map(paint.bold),
          ...terminalMap(map, { depth: colour ? 24 : 1, width }),
        ]
      : []),
    ...(view.plots?.length ? ["", ...view.plots] : []),
    ...view.tables.flatMap((table) => ["", ...tableLines(table, width, paint.bold)]),
    ...view.warnings.flatMap((warning) => prose(`warning: ${warning}`).map(paint.yellow)),
  ];
  return `${lines.join("\n")}\n`;
}

function tableLines(
  { caption, columns, rows }: StudyTable,
  width: number,
  bold: (text: string) => string,
): string[] {
  if (rows.length === 0) return [];
  const prose = (text: string) => wrap(visible(text), width, columnsOf);
  const shown = rows.slice(0, MOST_ROWS);
  const texts = shown.map((row) => row.map((cell) => visible(tableText(cell))));
  const words = columns.map((_, column) => shown.every((row) => typeof row[column] === "string"));
  const widths = columns.map((name, column) =>
    Math.max(columnsOf(name), ...texts.map((row) => columnsOf(row[column]!))),
  );
  const line = (cells: readonly string[]) => rowLines(cells, widths, words, width);
  const more = rows.length - shown.length;
  return [
    ...prose(caption).map(bold),
    ...line(columns).map(bold),
    ...texts.flatMap(line),
    ...(more > 0 ? prose(`and ${more} more (see --json or --out)`) : []),
  ];
}

const LEAST_WRAPPED = 24;

/** Numbers to the right, words to the left; words in the last column go on below themselves where the line ends. */
function rowLines(
  cells: readonly string[],
  widths: readonly number[],
  words: readonly boolean[],
  width: number,
): string[] {
  const padded = cells.map((cell, column) => {
    const space = " ".repeat(widths[column]! - columnsOf(cell));
    return words[column] ? cell + space : space + cell;
  });
  const last = cells.length - 1;
  const before = padded
    .slice(0, last)
    .map((cell) => `${cell}  `)
    .join("");
  const room = width - columnsOf(before);
  if (!words[last] || room < LEAST_WRAPPED) return [(before + padded[last]!).trimEnd()];
  const indent = " ".repeat(columnsOf(before));
  return wrap(cells[last]!, room, columnsOf).map((part, index) =>
    `${index === 0 ? before : indent}${part}`.trimEnd(),
  );
}
