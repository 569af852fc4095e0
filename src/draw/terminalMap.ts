/** @file A number for every head as lines of text: with colour a heat map, without it the same digits. */
import { headName } from "../base/headName.ts";
import { columnsOf } from "./columns.ts";
import { fractionOf, valueText, type HeadScale } from "./headScale.ts";
import { toBound } from "./numbers.ts";
import { ramp, type Rgb } from "./ramp.ts";
import { cellColour, RESET, type ColourDepth } from "./terminalColour.ts";
import { THEMES } from "./theme.ts";
import { wrap } from "./wrap.ts";

export interface TerminalMap {
  /** `[layer][head]`. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly scale: HeadScale;
  readonly marked: readonly { readonly layer: number; readonly head: number }[];
}

export interface TerminalMapOptions {
  readonly depth: ColourDepth;
  /** Columns that a line may take. */
  readonly width: number;
}

/** Values nearer to zero than this share of the scale keep the terminal's own background, whatever that is. */
const LEAST_COLOURED = 0.1;

/**
 * Lines of at most `width` columns, one for each layer. Values are written where they fit (`.93`, a marked head as
 * `>.93`), else one digit for each head: the tenth of the scale that its value is in. More heads than fit make
 * another block below.
 */
export function terminalMap(map: TerminalMap, { depth, width }: TerminalMapOptions): string[] {
  const heads = Math.max(...map.values.map((row) => row.length));
  const gutter = String(map.values.length - 1).length + 1;
  const cell =
    1 + Math.max(...map.values.flat().map((value) => valueText(value, map.scale).length));
  const wide = gutter + heads * cell <= width;
  const fitting = Math.max(1, Math.floor((width - gutter) / (wide ? cell : 1)));
  const block = fitting >= heads ? heads : fitting - (fitting > 10 ? fitting % 10 : 0);
  const lines = wide
    ? []
    : wrap(`one digit for each head: ${tenthWords(map.scale)}`, width, columnsOf);
  for (let first = 0; first < heads; first += block) {
    const last = Math.min(heads, first + block);
    if (first > 0) lines.push("");
    lines.push(...blockLines(map, depth, { first, last, gutter, cell: wide ? cell : 1 }));
  }
  return lines;
}

interface Block {
  readonly first: number;
  readonly last: number;
  readonly gutter: number;
  readonly cell: number;
}

function blockLines(map: TerminalMap, depth: ColourDepth, block: Block): string[] {
  const { first, last, gutter, cell } = block;
  const colourOf = ramp(THEMES.dark[map.scale.kind]);
  const marked = new Set(map.marked.map(headName));
  const rows = map.values.map((row, layer) => {
    const cells = row.slice(first, last).map((value, index) => {
      const isMarked = marked.has(`${layer}.${first + index}`);
      const text = cell === 1 ? tenth(value, map.scale) : valueText(value, map.scale);
      const label = cell === 1 ? text : `${isMarked ? ">" : " "}${text.padStart(cell - 1)}`;
      return depth === 1 || value === null || isFaint(value, map.scale)
        ? label
        : colourText(label, colourOf(placeOf(value, map.scale)), depth, isMarked);
    });
    return `${String(layer).padStart(gutter - 1)} ${cells.join("")}`;
  });
  return [headLine(block), ...rows];
}

/** Numbers above the columns: every head where there is room, else every tenth. */
function headLine({ first, last, gutter, cell }: Block): string {
  let line = " ".repeat(gutter);
  for (let head = first; head < last; head++) {
    const end = gutter + (head - first + 1) * cell;
    if (cell > 1) line += String(head).padStart(cell);
    else if (head % 10 === 0 && end - 1 + String(head).length <= gutter + last - first) {
      line = line.padEnd(end - 1) + String(head);
    }
  }
  return line;
}

function isFaint(value: number, { bound }: HeadScale): boolean {
  return Math.abs(value) < LEAST_COLOURED * bound;
}

/** Where on the ramp: no near-blacks, since the terminal may be light. */
function placeOf(value: number, scale: HeadScale): number {
  const fraction = fractionOf(value, scale);
  return scale.kind === "sequential" ? 0.2 + 0.8 * fraction : fraction;
}

function colourText(text: string, background: Rgb, depth: ColourDepth, bold: boolean): string {
  const start = cellColour(background, depth, bold);
  return start === "" ? text : `${start}${text}${RESET}`;
}

/** `.` under a tenth of the bound, then 1 to 9; below zero a to i. */
function tenth(value: number | null, { bound }: HeadScale): string {
  if (value === null) return "–";
  const digit = Math.min(9, Math.floor((Math.abs(value) / bound) * 10 + 1e-9));
  if (digit === 0) return ".";
  return value > 0 ? String(digit) : "abcdefghi"[digit - 1]!;
}

function tenthWords({ kind, bound }: HeadScale): string {
  const unit = toBound(bound / 10, bound);
  const negative = kind === "diverging" ? ", a to i the same below zero" : "";
  return bound === 1 && kind === "sequential"
    ? ". is under .1, 1 is .1 to .2, ... 9 is .9 to 1"
    : `. is under ${unit}, 1 to 9 count steps of ${unit}${negative}`;
}
