/** @file The numbers that a study's tables have of every head, gathered by head: what figures of heads are made of. */
import { columnKeys } from "./csv.ts";
import type { HeadScale } from "./headScale.ts";
import {
  divergingScale,
  type StudyCell,
  type StudyColumn,
  type StudyTable,
  type StudyView,
} from "./studyView.ts";

/** One number of every head. */
export interface HeadMeasure {
  /** As the column is called in files. */
  readonly key: string;
  /** As people read it, with its unit. */
  readonly name: string;
  /** The colours of its map. */
  readonly scale: HeadScale;
  /** [layer][head]; null where the study has none. */
  readonly values: readonly (readonly (number | null)[])[];
}

export interface HeadNumbers {
  readonly layers: number;
  readonly heads: number;
  readonly measures: readonly HeadMeasure[];
  /** What each head is called, [layer][head]; null if the study labels no heads. */
  readonly labels: readonly (readonly string[])[] | null;
}

/**
 * Every column of numbers in tables that have one row for each head of each layer; bounds of intervals are left out.
 *
 * @returns null if no table has every head
 */
export function headNumbers({ everyHead, tables, csv }: StudyView): HeadNumbers | null {
  const all = [...(everyHead ? [everyHead()] : []), ...tables, ...(csv ? [csv()] : [])];
  const grids = all.flatMap((table) => gridOf(table) ?? []);
  const first = grids.reduce<Grid | null>(
    (most, grid) => (grid.table.rows.length > (most?.table.rows.length ?? 0) ? grid : most),
    null,
  ); // a list of the best heads may name all heads of some layers
  if (!first) return null;
  const fitting = grids.filter(
    ({ layers, heads, table }) =>
      layers === first.layers &&
      heads === first.heads &&
      table.rows.length === first.table.rows.length,
  );
  const measures = new Map<string, HeadMeasure>();
  for (const measure of fitting.flatMap(measuresOf))
    if (!measures.has(measure.key)) measures.set(measure.key, measure);
  const labels = fitting.map(labelsOf).find((entry) => entry !== null) ?? null;
  const { layers, heads } = first;
  return { layers, heads, measures: [...measures.values()], labels };
}

interface Grid {
  readonly table: StudyTable;
  readonly layers: number;
  readonly heads: number;
  /** Row of each head, [layer][head]. */
  readonly rows: readonly (readonly (readonly StudyCell[])[])[];
}

/** Null unless the first column of heads names each head of each layer once: in order, where layers have different numbers of heads. */
function gridOf(table: StudyTable): Grid | null {
  const at = table.columns.findIndex((column) => typeof column !== "string" && column.isHead);
  if (at < 0 || table.rows.length === 0) return null;
  const places = table.rows.map((row) => headIn(row[at]!));
  if (places.some((place) => place === null)) return null;
  const layers = 1 + Math.max(...places.map((place) => place!.layer));
  const heads = 1 + Math.max(...places.map((place) => place!.head));
  const rows: (readonly StudyCell[])[][] = Array.from({ length: layers }, () => []);
  places.forEach((place, index) => (rows[place!.layer]![place!.head] = table.rows[index]!));
  const inOrder = rows.flat().every((row, index) => row === table.rows[index]);
  const isWhole =
    rows.flat().length === table.rows.length &&
    (inOrder || layers * heads === table.rows.length) &&
    rows.every((row) => row.length > 0 && Object.keys(row).length === row.length);
  return isWhole ? { table, layers, heads, rows } : null;
}

function headIn(cell: StudyCell): { readonly layer: number; readonly head: number } | null {
  return typeof cell === "object" && cell !== null && "layer" in cell ? cell : null;
}

function measuresOf({ table, rows }: Grid): HeadMeasure[] {
  const keys = columnKeys(table.columns);
  return table.columns.flatMap((column, at) => {
    const { name, isHead = false, scale } = asColumn(column);
    const values = rows.map((row) => row.map((cells) => numberIn(cells[at]!)));
    const numbers = values.flat().filter((value) => value !== null);
    const isNumeric = rows.flat().every((cells) => numberIn(cells[at]!) !== null || !cells[at]);
    const isBound = ["low", "high"].includes(asColumn(column).key ?? name);
    if (isHead || isBound || !isNumeric || numbers.length === 0) return [];
    return [{ key: keys[at]!, name, scale: scaleOf(numbers, scale), values }];
  });
}

const asColumn = (column: string | StudyColumn): StudyColumn =>
  typeof column === "string" ? { name: column } : column;

function numberIn(cell: StudyCell): number | null {
  return typeof cell === "number" && Number.isFinite(cell) ? cell : null;
}

function scaleOf(numbers: readonly number[], scaleName: StudyColumn["scale"]): HeadScale {
  if (scaleName !== undefined && scaleName !== "signed") return scaleName;
  const isSigned = scaleName === "signed" || numbers.some((value) => value < 0);
  const signed = divergingScale([numbers]);
  return isSigned ? signed : { ...signed, kind: "sequential" };
}

function labelsOf({ table, rows }: Grid): string[][] | null {
  const at = table.columns.findIndex((column) => asColumn(column).name === "label");
  if (at < 0 || rows.flat().some((cells) => typeof cells[at] !== "string")) return null;
  return rows.map((row) => row.map((cells) => cells[at] as string));
}
