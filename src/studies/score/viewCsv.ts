/** @file The scores of every head as a table for spreadsheets and data frames. */
import { csvText } from "../../draw/csv.ts";
import { SCORE_NAMES, type ScoreResult } from "./result.ts";

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
