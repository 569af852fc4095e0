/** @file A study as text for a terminal. Nothing in its Result can steer the terminal. */
import { createColors } from "picocolors";
import { ascii } from "./ascii.ts";
import { cellText, columnName } from "./cellText.ts";
import { columnsOf } from "./columns.ts";
import type { HeadMap } from "./headMap.ts";
import type { StudyCell, StudyTable, StudyView } from "./studyView.ts";
import type { ColourDepth } from "./terminalColour.ts";
import { terminalMap } from "./terminalMap.ts";
import { visible } from "./visible.ts";
import { wrap } from "./wrap.ts";

export interface StudyTextOptions {
  /** Bits of colour, as a stream's `getColorDepth()` counts them; false is none, true all. Default false. */
  readonly colour?: boolean | ColourDepth | undefined;
  /** Columns of the terminal, 40 or more. Default 80. */
  readonly width?: number | undefined;
  /** False for a terminal or a log that knows ASCII only. Default true. */
  readonly unicode?: boolean | undefined;
}

/** What text is written with: its width, its colours, its characters. */
interface Pen {
  readonly width: number;
  readonly depth: ColourDepth;
  readonly bold: (text: string) => string;
  /** A line of ours in the characters that the terminal has. */
  readonly plain: (line: string) => string;
  /** Text from anywhere, made safe. */
  readonly safe: (text: string) => string;
  /** The same as lines that fit. */
  readonly prose: (text: string) => string[];
}

const MOST_ROWS = 15;

/** Title, what was measured, sentences, map, tables of at most 15 rows, warnings; ends with a line end. */
export function studyText(view: StudyView, options: StudyTextOptions = {}): string {
  const { colour = false, unicode = true } = options;
  const width = Math.max(40, options.width ?? 80);
  const depth = colour === true ? 24 : colour === false ? 1 : colour;
  const { bold, yellow } = createColors(depth > 1);
  const plain = unicode ? (line: string) => line : ascii;
  const safe = (text: string) => plain(visible(text));
  const prose = (text: string) => wrap(safe(text), width, columnsOf);
  const pen: Pen = { width, depth, bold, plain, safe, prose };
  const lines = [
    ...prose(view.title).map(bold),
    ...view.lines.flatMap(prose),
    "",
    ...view.sentences.flatMap(prose),
    ...(view.map ? mapLines(view.map, pen) : []),
    ...(view.plots?.length ? ["", ...view.plots.map(plain)] : []),
    ...view.tables.flatMap((table) => tableLines(table, pen)),
    ...view.warnings.flatMap((warning) => prose(`warning: ${warning}`).map(yellow)),
  ];
  return `${lines.join("\n")}\n`;
}

function mapLines(map: HeadMap, { depth, width, bold, plain, prose }: Pen): string[] {
  const { values, scale, marked, rowName = "layer", columnName: column = "head" } = map;
  return [
    "",
    ...prose(`${map.scaleLabel}: ${rowName}s down, ${column}s to the right`).map(bold),
    ...terminalMap({ values, scale, marked: marked?.heads ?? [] }, { depth, width }).map(plain),
  ];
}

function tableLines({ caption, columns, rows, terminalRows }: StudyTable, pen: Pen): string[] {
  const firstRows = rows.slice(0, terminalRows ?? MOST_ROWS);
  if (firstRows.length === 0) return [];
  const { bold, safe, prose, width } = pen;
  const names = columns.map(columnName).map(safe);
  const texts = firstRows.map((row) => row.map((cell) => safe(cellText(cell))));
  const words = columns.map((_, column) => firstRows.every((row) => isWords(row[column])));
  const more = rows.length - firstRows.length;
  return [
    "",
    ...prose(caption).map(bold),
    ...gridLines({ names, texts, words }, width, bold),
    ...(more > 0 ? prose(`and ${more} more (see --json or --out)`) : []),
  ];
}

/** Anything but a number or its absence. */
function isWords(cell: StudyCell | undefined): boolean {
  return typeof cell === "string" || (typeof cell === "object" && cell !== null);
}

/** Spaces between columns: two where there is room, else one. */
const GAPS = ["  ", " "] as const;
const INDENT = "  ";
const LEAST_WRAPPED = 24;

interface Grid {
  readonly names: readonly string[];
  readonly texts: readonly (readonly string[])[];
  /** Whether all cells of a column are words. */
  readonly words: readonly boolean[];
}

/**
 * Rows in columns: numbers to the right, words to the left; words in the last column continue below themselves. Where all
 * columns together are too wide, the first one stands above the others; where those are, each cell has a line of its own.
 */
function gridLines(grid: Grid, width: number, bold: (text: string) => string): string[] {
  const { names, texts } = grid;
  const whole = rowWriter(grid, width);
  if (whole) return [...whole(names).map(bold), ...texts.flatMap(whole)];
  const room = width - INDENT.length;
  const rest = rowWriter(withoutFirst(grid), room);
  const above = ([first, ...others]: readonly string[], below: (cells: string[]) => string[]) => [
    ...wrap(first!, width, columnsOf),
    ...below(others).map((line) => INDENT + line),
  ];
  if (rest) return [...above(names, rest).map(bold), ...texts.flatMap((row) => above(row, rest))];
  const each = (cells: readonly string[]) =>
    cells.flatMap((cell, column) => wrap(`${names[column + 1]!}: ${cell}`, room, columnsOf));
  return texts.flatMap((row) => above(row, each));
}

function withoutFirst({ names, texts, words }: Grid): Grid {
  return { names: names.slice(1), texts: texts.map((row) => row.slice(1)), words: words.slice(1) };
}

/** Writes the cells of a row so that all rows stand in columns; null where those are too wide. */
function rowWriter(
  { names, texts, words }: Grid,
  width: number,
): ((cells: readonly string[]) => string[]) | null {
  const widths = names.map((name, column) =>
    Math.max(columnsOf(name), ...texts.map((row) => columnsOf(row[column]!))),
  );
  const last = widths.length - 1;
  const lastWidth = words[last] ? Math.min(LEAST_WRAPPED, widths[last]!) : widths[last]!;
  const columns = widths.slice(0, last).reduce((sum, entry) => sum + entry, 0);
  const gap = GAPS.find(({ length }) => columns + last * length + lastWidth <= width);
  if (last < 0 || gap === undefined) return null;
  return (cells) => {
    const padded = cells.map((cell, column) => {
      const space = " ".repeat(widths[column]! - columnsOf(cell));
      return words[column] ? cell + space : space + cell;
    });
    const before = padded
      .slice(0, last)
      .map((cell) => cell + gap)
      .join("");
    const room = width - columnsOf(before);
    if (!words[last] || room < LEAST_WRAPPED) return [(before + padded[last]!).trimEnd()];
    const indent = " ".repeat(columnsOf(before));
    return wrap(cells[last]!, room, columnsOf).map((part, index) =>
      `${index === 0 ? before : indent}${part}`.trimEnd(),
    );
  };
}
