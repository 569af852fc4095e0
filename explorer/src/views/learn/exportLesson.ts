/** @file A lesson as files: what it says with the model's numbers, its tables, and the attention of the head it is about. */
import { headName } from "induction-lens/browser";
import type { StudyTable } from "induction-lens/report";
import type { Engine } from "../../engine/client.ts";
import type { Lesson } from "../../parts/lesson.ts";

/** @param element the lesson on the page, whose sentences and tables are taken as they stand */
export async function lessonTaken(
  { sequence, induction }: Lesson,
  title: string,
  element: Element,
  engine: Engine,
) {
  const head = headName(induction);
  const args = { ids: sequence.ids, head, weighted: false };
  const result = await engine.ask("attention", args);
  const { attentionFigure, pagePicture } = await import("../../export/files.ts");
  const arcs = element.querySelector<SVGElement>(".arcs > svg");
  const weights: StudyTable = {
    caption: `Attention of head ${head}, which the lesson is about`,
    columns: ["query", "token", "key", "looks at", "weight"],
    rows: result.heads[0]!.weights.flatMap((row, query) =>
      row
        .slice(0, query + 1)
        .map((weight, key) => [query, sequence.pieces[query]!, key, sequence.pieces[key]!, weight]),
    ),
  };
  const tables = [...element.querySelectorAll("table")].map((table) => tableOf(table, title));
  const [first = weights, ...more] = [...tables, weights];
  const fullTitle = `${title}: ${result.model.id}`;
  return {
    title: fullTitle,
    lines: [...element.querySelectorAll("p")].map(textOf).filter(Boolean),
    picture: arcs
      ? pagePicture(arcs, arcs.getAttribute("aria-label")!, fullTitle, [])
      : attentionFigure(result),
    tables: [first, ...more] as const,
    result,
  };
}

/** A table of the page without its columns of pictures. */
function tableOf(table: HTMLTableElement, title: string): StudyTable {
  const [head, ...body] = [...table.rows];
  const rows = body.map((row) => [...row.cells].map(cellOf));
  const columns = [...head!.cells].map(textOf);
  const textColumns = [...columns.keys()].filter((column) =>
    rows.some((row) => row[column] !== ""),
  );
  return {
    caption: textOf(table.caption) || title,
    columns: textColumns.map((column) => columns[column]!),
    rows: rows.map((row) => textColumns.map((column) => row[column] ?? "")),
  };
}

/** The number with every digit where there is one. */
function cellOf(cell: HTMLTableCellElement): string | number {
  const { value } = cell.dataset;
  return value === undefined ? textOf(cell) : Number(value);
}

/** What the element says, without what is only drawn. */
function textOf(element: Element | null): string {
  const copy = element?.cloneNode(true) as Element | undefined;
  for (const drawing of copy?.querySelectorAll("[aria-hidden=true]") ?? []) drawing.remove();
  return copy?.textContent?.replace(/\s+/g, " ").trim() ?? "";
}
