import type { TextSplit } from "./textSplit.ts";
import { rowsFrom, type TrainingRows } from "./rowsFrom.ts";

/** Windows of the held-out part, evenly spaced; null if none is held out. */
export function validationRows(
  { validation }: TextSplit,
  { windows, contextLength }: { readonly windows: number; readonly contextLength: number },
): TrainingRows | null {
  const room = validation.length - contextLength - 1;
  if (room < 0) return null;
  const starts = Array.from({ length: windows }, (_, index) =>
    Math.floor((room * index) / Math.max(1, windows - 1)),
  );
  return rowsFrom(
    starts.map((start) => validation.subarray(start, start + contextLength + 1)),
    contextLength,
  );
}
