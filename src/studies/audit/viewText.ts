/** @file An audit as text for a terminal: the table, then in words what each convention confuses. */
import { createColors } from "picocolors";
import type { AuditResult } from "./result.ts";
import { AUDIT_COLUMNS, confusions, layoutWords, type AuditConvention } from "./viewWords.ts";
import { share } from "../../draw/numbers.ts";
import { columnsOf, visible } from "../../draw/visible.ts";
import { wrap } from "../../draw/wrap.ts";

export interface AuditTextOptions {
  /** Default false. */
  readonly colour?: boolean | undefined;
  /** Columns of the terminal, 40 or more. Default 80. */
  readonly width?: number | undefined;
}

const CELL = 5;

/** Layout, table, and words; ends with a line end. `>` stands before the score of the head that is meant. */
export function auditText(result: AuditResult, options: AuditTextOptions = {}): string {
  const width = Math.max(40, options.width ?? 80);
  const paint = createColors(options.colour ?? false);
  const prose = (text: string) => wrap(visible(text), width, columnsOf);
  const doubtful = result.conventions.filter(({ words }) => words.length > 0);
  const lines = [
    ...prose(layoutWords(result)).map(paint.bold),
    ...prose(result.summary),
    "",
    ...table(result.conventions, width, paint.bold),
    ...prose("columns: the most that any attention can score; then what the ideal induction,"),
    ...prose("duplicate-token, previous-token, first-token and current-token head and uniform"),
    ...prose("attention have; > marks the head that is meant, - is 0/0"),
    "",
    paint.bold("What they confuse"),
    ...doubtful.flatMap((convention) => [
      ...prose(`${convention.convention}: ${convention.formula}`),
      ...wrap(confusions(convention), width - 4, columnsOf).map((line) =>
        paint.yellow(`    ${line}`),
      ),
    ]),
    ...result.warnings.flatMap((warning) => prose(`warning: ${warning}`).map(paint.yellow)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Names stand beside their numbers where both fit, else above them. */
function table(
  conventions: readonly AuditConvention[],
  width: number,
  bold: (text: string) => string,
): string[] {
  const longest = Math.max(...conventions.map(({ convention }) => convention.length));
  const beside = longest + AUDIT_COLUMNS.length * CELL <= width;
  const gutter = beside ? longest : 0;
  const head = AUDIT_COLUMNS.map(({ short }) => short.padStart(CELL)).join("");
  const rows = conventions.flatMap((convention) => {
    const numbers = AUDIT_COLUMNS.map(({ head, valueOf }) =>
      cell(valueOf(convention), head === convention.finds),
    ).join("");
    const name = convention.convention;
    return beside ? [`${name.padEnd(gutter)}${numbers}`] : [name, numbers];
  });
  return [bold(`${" ".repeat(gutter)}${head}`), ...rows];
}

function cell(value: number | null, isMeant: boolean): string {
  const text = value === null ? "-" : share(value).replace("−", "-");
  return `${isMeant ? ">" : ""}${text}`.padStart(CELL);
}
