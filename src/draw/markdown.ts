/** @file Tables and text from outside as Markdown. */
import { cellText, columnName } from "./cellText.ts";
import type { StudyTable } from "./studyView.ts";
import { visible } from "./visible.ts";

/** A table in the form of GitHub, every cell on one line. */
export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Text from outside on one line, in which nothing is Markdown or HTML. */
export function markdownText(text: string): string {
  return visible(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\`*_~[\]<>|#&]/g, "\\$&");
}

/** The table of a study with its caption below. */
export function studyMarkdown({ columns, rows }: StudyTable, caption: string): string {
  const cells = rows.map((row) => row.map(cellText));
  return `${markdownTable(columns.map(columnName), cells)}\n\n${markdownText(caption)}\n`;
}
