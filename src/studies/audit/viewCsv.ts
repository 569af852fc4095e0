import { IDEAL_HEAD_NAMES, type AuditResult } from "./result.ts";
import { csvText } from "../../draw/csv.ts";

/** One row for each convention with every digit it has; a score that is 0/0 is empty. */
export function auditCsv({ conventions }: AuditResult): string {
  const header = [
    "convention",
    "source",
    "formula",
    "finds",
    "ceiling",
    ...IDEAL_HEAD_NAMES,
    "words",
  ];
  const rows = conventions.map((row) => [
    row.convention,
    row.source,
    row.formula,
    row.finds,
    row.ceiling,
    ...IDEAL_HEAD_NAMES.map((head) => row.values[head] ?? ""),
    row.words.join("; "),
  ]);
  return csvText([header, ...rows]);
}
