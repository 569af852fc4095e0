/** @file What the benchmark says about repeated measurements. */

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Largest distance from the median, as a fraction of it. */
export function spread(values) {
  const middle = median(values);
  return Math.max(...values.map((value) => Math.abs(value - middle))) / middle;
}

/** A row of the report: what, got, target, and whether it is met. */
export function row(what, got, target, met, note = "") {
  return { what, got, target, met, note };
}

export function table(rows) {
  const cells = rows.map(({ what, got, target, met, note }) => [
    what,
    got,
    target,
    met === null ? "" : met ? "ok" : "NOT MET",
    note,
  ]);
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...cells.map((each) => each[column].length)),
  );
  return cells
    .map((each) =>
      each
        .map((text, column) => (column < 4 ? text.padEnd(widths[column]) : text))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
