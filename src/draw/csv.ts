/** @file Tables for spreadsheets and data frames (RFC 4180: commas, CRLF, a header line). */
import { csvFormatRow } from "d3-dsv";
import type { StudyCell, StudyColumn, StudyTable, StudyView } from "./studyView.ts";
import { visible } from "./visible.ts";

/** What a .csv file of the study has. */
export function studyCsv(view: StudyView): string {
  const { csv, tables, csvComment } = view;
  const comment = csvComment === undefined ? "" : `# ${visible(csvComment)}\r\n`;
  return comment + tableCsv(csv?.() ?? tables[0]);
}

/**
 * The table with every digit, a column for each thing: a head is `layer,head`, so that nothing reads 1.10 as 1.1; a bound
 * stands beside its value as `effectLow,effectHigh`. Names are in camelCase, as in JSON, and no two are equal; an empty
 * field is a missing value. Several heads are written as `L0H1 L0H10`.
 */
export function tableCsv({ columns, rows }: StudyTable): string {
  const header = columnKeys(columns).flatMap((key, index) =>
    isHead(columns[index]!) ? headKeys(key) : [key],
  );
  const fields = rows.map((row) =>
    row.flatMap((cell, index) => (isHead(columns[index]!) ? headFields(cell) : [field(cell)])),
  );
  return csvText([header, ...fields]);
}

/** What files call the columns; no two are equal. */
export function columnKeys(columns: StudyTable["columns"]): string[] {
  return unique(keysOf(columns));
}

/** Rows of fields as one table; a field with a comma, quote or line end is quoted. */
export function csvText(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${csvFormatRow(row.map(String))}\r\n`).join("");
}

function isHead(column: string | StudyColumn): boolean {
  return typeof column !== "string" && column.isHead === true;
}

function keysOf(columns: StudyTable["columns"]): string[] {
  let value = "";
  return columns.map((column, index) => {
    const { name, key = camelCase(name) } = typeof column === "string" ? { name: column } : column;
    const isBound = key === "low" || key === "high";
    if (isBound && value !== "") return `${value}${key === "low" ? "Low" : "High"}`;
    return (value = key === "" ? `column${index + 1}` : key);
  });
}

/** `previous token` as `previousToken`; a name that begins with a digit gets a letter before it. */
function camelCase(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const [first = "", ...rest] = words.map((word) =>
    /\p{Ll}/u.test(word) ? word : word.toLowerCase(),
  );
  const joined =
    first.charAt(0).toLowerCase() +
    first.slice(1) +
    rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^\p{N}/u.test(joined) ? `n${joined}` : joined;
}

function unique(keys: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return keys.map((key) => {
    const times = (counts.get(key) ?? 0) + 1;
    counts.set(key, times);
    return times === 1 ? key : `${key}${times}`;
  });
}

/** A head is two fields; what stands for none, such as the model as a whole, leaves them empty. */
function headFields(cell: StudyCell): [string | number, string | number] {
  const isHead = typeof cell === "object" && cell !== null && "layer" in cell;
  return isHead ? [cell.layer, cell.head] : ["", ""];
}

/** `layer`, `head` of a column called head; `fromLayer`, `fromHead` of one called from. */
function headKeys(key: string): [string, string] {
  return key === "head" ? ["layer", "head"] : [`${key}Layer`, `${key}Head`];
}

function field(cell: StudyCell): string | number {
  if (cell === null) return "";
  if (typeof cell === "object")
    return [cell]
      .flat()
      .map(({ layer, head }) => `L${layer}H${head}`)
      .join(" ");
  return cell;
}
