import { InputError } from "../../base/errors.ts";
import { columnKeys } from "../csv.ts";
import { MOST_SERIES } from "../key.ts";
import type { Line, LineFigure } from "../lines.ts";
import { share } from "../numbers.ts";
import { linePicture } from "../pictures.ts";
import type { StudyTable, StudyView } from "../studyView.ts";
import type { FigureParts, FigureWords } from "./figureParts.ts";

/**
 * How many heads have a score at or above a threshold, over training steps; a line for each run and threshold.
 * Null if the Result has no steps.
 *
 * @param words thresholds, and the name of a score; left out: the study's own threshold, and its first score
 */
export function stepsFigure(
  view: StudyView,
  words: readonly string[],
  { subtitle }: FigureWords,
): FigureParts | null {
  if (!view.overSteps) return null;
  const table = view.overSteps.table();
  const { key, name, thresholds } = chosen(table, words, view.overSteps.threshold);
  const lines = linesOf(table, key, thresholds);
  const firstLines = lines.slice(0, MOST_SERIES);
  const isZero = lines.some(({ points }) => points.some(({ x }) => x === 0));
  const title = `Heads with ${name} at or above ${thresholds.map(share).join(", ")}`;
  const figure: LineFigure = {
    ...{ title, subtitle },
    panels: [
      {
        lines: firstLines.map(drawable),
        x: { label: "training steps", log: true },
        y: { label: "number of heads", whole: true },
      },
    ],
    notes: [
      ...(isZero ? ["Step 0 is drawn at half of the first step."] : []),
      ...(firstLines.length < lines.length
        ? [`The first ${firstLines.length} of ${lines.length} lines; the table has all.`]
        : []),
    ],
    description: `${title}, over training steps.`,
  };
  return {
    picture: linePicture(figure),
    table: {
      caption: title,
      columns: ["line", "step", "heads"],
      rows: lines.flatMap((line) => line.points.map(({ x, y }) => [line.name, x, y])),
    },
  };
}

/** No logarithm has a zero. */
function drawable({ name, points }: Line): Line {
  const first = Math.min(...points.map(({ x }) => x).filter((x) => x > 0), Infinity);
  const least = Number.isFinite(first) ? first / 2 : 0.5;
  return { name, points: points.map(({ x, y }) => ({ x: x > 0 ? x : least, y })) };
}

const NOT_SCORES = ["step", "run", "head"];

function chosen(table: StudyTable, words: readonly string[], threshold: number) {
  const keys = columnKeys(table.columns);
  const scores = keys.filter((key) => !NOT_SCORES.includes(key));
  const isNumber = (word: string) => word !== "" && Number.isFinite(Number(word));
  const names = words.filter((word) => !isNumber(word));
  const [key = scores[0]!] = names;
  if (names.length > 1 || !scores.includes(key))
    throw new InputError(
      "options",
      `the figure steps counts heads by one of ${scores.join(", ")}, got ${names.join(", ")}`,
      { option: "figure" },
    );
  const column = table.columns[keys.indexOf(key)]!;
  const numbers = words.filter(isNumber).map(Number);
  return {
    key,
    name: typeof column === "string" ? column : column.name,
    thresholds: numbers.length === 0 ? [threshold] : numbers,
  };
}

function linesOf(table: StudyTable, key: string, thresholds: readonly number[]): Line[] {
  const keys = columnKeys(table.columns);
  const [run, step, score] = ["run", "step", key].map((name) => keys.indexOf(name));
  const runs = new Map<string, StudyTable["rows"][number][]>();
  for (const row of table.rows) {
    const name = run! < 0 ? "" : String(row[run!]);
    runs.set(name, [...(runs.get(name) ?? []), row]);
  }
  return [...runs].flatMap(([name, rows]) =>
    thresholds.map((threshold) => {
      const counts = new Map<number, number>();
      for (const row of rows) {
        const at = row[step!] as number;
        const isOver = typeof row[score!] === "number" && (row[score!] as number) >= threshold;
        counts.set(at, (counts.get(at) ?? 0) + (isOver ? 1 : 0));
      }
      return {
        name: [...(name === "" ? [] : [name]), `${share(threshold)} or more`].join(": "),
        points: [...counts].map(([x, y]) => ({ x, y })),
      };
    }),
  );
}
