/** @file Tables for spreadsheets and data frames (RFC 4180: commas, CRLF, a header line). */

/** Rows of fields as one table; a field with a comma, quote or line end is quoted. */
export function csvText(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
