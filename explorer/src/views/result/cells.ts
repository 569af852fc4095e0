import { headName, type HeadAt } from "induction-lens/browser";
import type { StudyCell, StudyColumn } from "induction-lens/report";

export function columnName(column: string | StudyColumn): string {
  return typeof column === "string" ? column : column.name;
}

/** A cell as people read it: numbers in four digits, heads by their names. */
export function cellText(cell: StudyCell): string {
  if (cell === null) return "–";
  if (typeof cell === "number")
    return Number.isInteger(cell) ? String(cell) : String(Number(cell.toPrecision(4)));
  if (typeof cell === "string") return cell;
  return (Array.isArray(cell) ? cell : [cell as HeadAt]).map(headName).join(", ");
}
