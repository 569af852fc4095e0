/**
 * @file Runs in a page: shows the rows of a table that fit what `.filter` asks for. A control with `data-column` asks for one word of
 * that column, one without for text anywhere in the row; capitals are as small letters. The choice stands in the address behind
 * #, so that it can be passed on. Without scripts all rows are shown.
 */
for (const filter of document.querySelectorAll<HTMLElement>(".filter[data-table]")) {
  const table = document.getElementById(filter.dataset["table"]!) as HTMLTableElement;
  const output = filter.querySelector("output")!;
  const controls = [
    ...filter.querySelectorAll<HTMLSelectElement | HTMLInputElement>("select, input"),
  ];
  const rows = [...table.tBodies[0]!.rows];

  const show = (): void => {
    const conditions = controls.map((control) => ({
      column: control.dataset["column"],
      value: control.value.trim().toLowerCase(),
    }));
    let rowCount = 0;
    for (const row of rows) {
      const fits = conditions.every(
        ({ column, value }) => value === "" || rowFits(row, column, value),
      );
      row.hidden = !fits;
      rowCount += Number(fits);
    }
    output.textContent = `${rowCount} of ${rows.length}`;
  };

  const params = new URLSearchParams(location.hash.slice(1));
  for (const control of controls) {
    control.value = params.get(control.name) ?? "";
    control.addEventListener("input", () => {
      const words = controls
        .filter(({ value }) => value !== "")
        .map(({ name, value }) => [name, value]);
      history.replaceState(null, "", `#${new URLSearchParams(words).toString()}`);
      show();
    });
  }
  filter.hidden = false;
  show();
}

function rowFits(row: HTMLTableRowElement, column: string | undefined, value: string): boolean {
  if (column === undefined) return row.textContent.toLowerCase().includes(value);
  const words = row.cells[Number(column)]!.textContent.toLowerCase().split(/\s+/);
  return words.includes(value);
}
