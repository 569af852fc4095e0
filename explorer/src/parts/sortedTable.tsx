import { useState } from "preact/hooks";

export interface Column<Row> {
  readonly name: string;
  /** What rows are sorted by. */
  readonly value: (row: Row) => number | string;
  readonly text: (row: Row) => string;
}

interface Props<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly chosen?: string;
  readonly choose?: (row: Row) => void;
}

/** A table whose column heads sort it: largest first, then smallest first. */
export function SortedTable<Row>({ caption, columns, rows, keyOf, chosen, choose }: Props<Row>) {
  const [by, sort] = useState<{ readonly column: number; readonly down: boolean } | null>(null);
  const sorted = by ? rows.toSorted(order(columns[by.column]!.value, by.down)) : rows;
  return (
    <div class="scroll" role="group" tabIndex={0} aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name }, column) => (
              <th
                key={name}
                scope="col"
                aria-sort={
                  by?.column === column ? (by.down ? "descending" : "ascending") : undefined
                }
              >
                <button
                  type="button"
                  class="sort"
                  onClick={() => sort({ column, down: !(by?.column === column && by.down) })}
                >
                  {name}
                  <span aria-hidden="true">
                    {by?.column === column ? (by.down ? " ▼" : " ▲") : ""}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={keyOf(row)} class={keyOf(row) === chosen ? "chosen" : undefined}>
              {columns.map(({ name, text }, column) =>
                column === 0 ? (
                  <th scope="row" key={name}>
                    {choose ? (
                      <button type="button" class="sort" onClick={() => choose(row)}>
                        {text(row)}
                      </button>
                    ) : (
                      text(row)
                    )}
                  </th>
                ) : (
                  <td key={name}>{text(row)}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function order<Row>(value: (row: Row) => number | string, down: boolean) {
  return (row: Row, other: Row) => {
    const [a, b] = [value(row), value(other)];
    const ascending = a < b ? -1 : a > b ? 1 : 0;
    return down ? -ascending : ascending;
  };
}
