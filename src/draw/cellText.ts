import { headName } from "../base/headName.ts";
import { tableNumber } from "./numbers.ts";
import type { StudyCell, StudyColumn } from "./studyView.ts";

/** A cell of a table as people read it; heads as `1.2`. */
export function cellText(cell: StudyCell): string {
  if (typeof cell === "string") return cell;
  if (typeof cell === "number" || cell === null) return tableNumber(cell);
  return [cell].flat().map(headName).join(" ");
}

/** The heading of a column. */
export function columnName(column: string | StudyColumn): string {
  return typeof column === "string" ? column : column.name;
}
