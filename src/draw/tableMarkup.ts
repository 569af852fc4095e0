/** @file A table as a part of a page. */
import { cellText, columnName } from "./cellText.ts";
import { markup, type Markup } from "./markup.ts";
import type { StudyCell, StudyTable } from "./studyView.ts";

/** What a cell says, where that is not how tables write its value. */
export interface TextCell {
  readonly text: string;
  /** Where it leads. */
  readonly href?: string | undefined;
  /** What it is sorted by; left out: its words. */
  readonly value?: number | undefined;
}

export type PageCell = StudyCell | TextCell;

export interface PageTable extends Pick<StudyTable, "caption" | "columns"> {
  /** Of the element, for scripts. */
  readonly id?: string | undefined;
  readonly rows: readonly (readonly PageCell[])[];
}

/** A table that its column heads sort; an empty one is left out. */
export function tableMarkup({ id, caption, columns, rows }: PageTable): Markup {
  if (rows.length === 0) return markup``;
  const names = columns.map((column, at) => {
    const kind = rows.some((row) => isWords(row[at]!)) ? WORDS : markup``;
    return markup`<th scope="col"${kind}>${columnName(column)}</th>`;
  });
  return markup`<div class="scroll" role="group" tabindex="0" aria-label="${caption}">
<table class="sortable"${id === undefined ? markup`` : markup` id="${id}"`}>
<caption>${caption}</caption>
<thead><tr>${names}</tr></thead>
<tbody>
${rows.map((row) => markup`<tr>${row.map(cellMarkup)}</tr>`)}
</tbody>
</table>
</div>`;
}

/** Words stand at the left, under a head that does. */
const WORDS = markup` class="words"`;

/** The first cell says what the row is about; numbers are sorted by `data-value`, which has every digit. */
function cellMarkup(cell: PageCell, column: number): Markup {
  const value = sortValue(cell);
  const data = value === null ? markup`` : markup` data-value="${value}"`;
  const kind = isWords(cell) ? WORDS : markup``;
  return column === 0
    ? markup`<th scope="row"${data}${kind}>${content(cell)}</th>`
    : markup`<td${data}${kind}>${content(cell)}</td>`;
}

const MOST_HEADS = 1e6;

/** Heads in the order of layer and head; null for what is sorted as words. */
function sortValue(cell: PageCell): number | null {
  if (isTextCell(cell)) return cell.value ?? null;
  if (typeof cell === "number") return cell;
  if (cell === null || typeof cell === "string") return null;
  const [first] = [cell].flat();
  return first ? first.layer * MOST_HEADS + first.head : null;
}

function isTextCell(cell: PageCell): cell is TextCell {
  return typeof cell === "object" && cell !== null && "text" in cell;
}

function isWords(cell: PageCell): boolean {
  return typeof cell === "string" || (isTextCell(cell) && cell.value === undefined);
}

function content(cell: PageCell): Markup | string {
  if (!isTextCell(cell)) return cellText(cell);
  return cell.href === undefined ? cell.text : markup`<a href="${cell.href}">${cell.text}</a>`;
}
