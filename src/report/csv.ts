/** @file Results as tables for spreadsheets and data frames (RFC 4180: commas, CRLF, a header line). */
import { SCORE_NAMES, type ScoreResult } from "../results/score.ts";

/**
 * One row for each head, in the order of layer and head: `layer`, `head`, the five scores with every digit they have,
 * and the ends of the 95 % interval of `induction` (empty where there is none).
 */
export function scoreCsv({ scores, intervals }: ScoreResult): string {
  const header = ["layer", "head", ...SCORE_NAMES, "inductionLow", "inductionHigh"];
  const rows = scores.induction.flatMap((row, layer) =>
    row.map((_, head) => [
      layer,
      head,
      ...SCORE_NAMES.map((name) => scores[name][layer]![head]!),
      ...(intervals.induction[layer]![head] ?? ["", ""]),
    ]),
  );
  return csvText([header, ...rows]);
}

/** Rows of fields as one table; a field with a comma, quote or line end is quoted. */
export function csvText(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
