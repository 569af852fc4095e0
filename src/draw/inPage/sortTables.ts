/**
 * @file Runs in the page of a report: turns the column heads of `table.sortable` into buttons. Largest first, then smallest
 * first, missing values last; numbers are compared by `data-value`, which has every digit, and words as words. Without
 * scripts the table stays as it was written.
 */
for (const table of document.querySelectorAll<HTMLTableElement>("table.sortable")) {
  const heads = [...table.querySelectorAll<HTMLTableCellElement>("thead th")];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isDown = head.getAttribute("aria-sort") !== "descending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      sortBy(table, column, isDown);
    });
  });
}

interface SortedRow {
  readonly row: HTMLTableRowElement;
  readonly key: number | string | null;
}

function sortBy(table: HTMLTableElement, column: number, isDown: boolean): void {
  const body = table.tBodies[0]!;
  const rows = [...body.rows].map((row): SortedRow => ({ row, key: keyOf(row.cells[column]!) }));
  rows.sort((row, other) => {
    if (row.key === null || other.key === null)
      return Number(row.key === null) - Number(other.key === null);
    return isDown ? compareCells(other.key, row.key) : compareCells(row.key, other.key);
  });
  body.append(...rows.map(({ row }) => row));
}

/** The number or the words of a cell; null where a value is missing. */
function keyOf(cell: HTMLTableCellElement): number | string | null {
  const { value } = cell.dataset;
  if (value !== undefined) return Number(value);
  return cell.className === "words" ? cell.textContent : null;
}

function compareCells(value: number | string, other: number | string): number {
  return typeof value === "number" && typeof other === "number"
    ? value - other
    : String(value).localeCompare(String(other));
}
