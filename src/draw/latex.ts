/** @file A table of a study as LaTeX, with the packages booktabs and, where it does not fit on a page, longtable. */
import { cellText, columnName } from "./cellText.ts";
import type { StudyColumn, StudyTable } from "./studyView.ts";
import { visible } from "./visible.ts";

/** More rows than this are more than a page. */
const MOST_ROWS = 45;

/**
 * A `table` with a `tabular` in it, or a `longtable`, with the caption above; words at the left, numbers at the right.
 * Everything but ASCII that our words have is written in commands, so that any engine reads it; text from outside may need a
 * Unicode one.
 */
export function studyLatex(table: StudyTable, caption: string): string {
  const { columns, rows } = table;
  const line = (cells: readonly string[]) => `${cells.map(latexText).join(" & ")} \\\\`;
  const form = `{${columns.map((column, at) => (isWords(table, column, at) ? "l" : "r")).join("")}}`;
  const head = `\\toprule\n${line(columns.map(columnName))}\n\\midrule`;
  const body = rows.map((row) => line(row.map(cellText))).join("\n");
  const words = `\\caption{${latexText(caption)}}`;
  return rows.length > MOST_ROWS
    ? `% needs \\usepackage{booktabs,longtable}
\\begin{longtable}${form}
${words} \\\\
${head}
\\endfirsthead
${head}
\\endhead
\\bottomrule
\\endlastfoot
${body}
\\end{longtable}
`
    : `% needs \\usepackage{booktabs}
\\begin{table}
\\centering
${words}
\\begin{tabular}${form}
${head}
${body}
\\bottomrule
\\end{tabular}
\\end{table}
`;
}

function isWords({ rows }: StudyTable, column: string | StudyColumn, at: number): boolean {
  const isHead = typeof column !== "string" && column.isHead === true;
  return isHead || rows.some((row) => typeof row[at] === "string");
}

const COMMANDS: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  "&": "\\&",
  "%": "\\%",
  $: "\\$",
  "#": "\\#",
  _: "\\_",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "''",
  "−": "$-$",
  "–": "--",
  "×": "$\\times$",
  "·": "$\\cdot$",
  "≤": "$\\le$",
  "≥": "$\\ge$",
  "→": "$\\to$",
  "…": "\\ldots{}",
  "\u00a0": "~",
};

/** Text from outside on one line, in which nothing is a command. */
export function latexText(text: string): string {
  return visible(text)
    .replaceAll(/[^\S\u00a0]+/g, " ")
    .replaceAll(/[\\{}&%$#_^~<>|"−–×·≤≥→…\u00a0]/g, (character) => COMMANDS[character]!);
}
