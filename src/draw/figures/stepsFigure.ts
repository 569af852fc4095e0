import { group } from "d3-array";
import { InputError } from "../../base/errors.ts";
import { columnName } from "../cellText.ts";
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
  const { key, name, thresholds } = scoreToCount(table, words, view.overSteps.threshold);
  const lines = linesOf(table, key, thresholds);
  const firstLines = lines.slice(0, MOST_SERIES);
  const isZero = lines.some(({ points }) => points.some(({ x }) => x === 0));
  const title = `Heads with ${name} at or above ${thresholds.map(thresholdText).join(", ")}`;
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

/** With all its digits: heads are counted by it. */
function thresholdText(threshold: number): string {
  const isShort = Number(threshold.toFixed(2)) === threshold;
  return isShort ? share(threshold) : String(threshold).replace(/^0(?=\.)/, "");
}

const NOT_SCORES = ["step", "run", "head"];

/** The score that the words name, and the thresholds by which heads are counted. */
function scoreToCount(table: StudyTable, words: readonly string[], threshold: number) {
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
  const numbers = words.filter(isNumber).map(Number);
  return {
    key,
    name: columnName(table.columns[keys.indexOf(key)]!),
    thresholds: numbers.length === 0 ? [threshold] : numbers,
  };
}

function linesOf(table: StudyTable, key: string, thresholds: readonly number[]): Line[] {
  const keys = columnKeys(table.columns);
  const [run, step, score] = ["run", "step", key].map((name) => keys.indexOf(name));
  const runs = group(table.rows, (row) => (run! < 0 ? "" : String(row[run!])));
  return [...runs].flatMap(([name, rows]) =>
    thresholds.map((threshold) => {
      const counts = new Map<number, number>();
      for (const row of rows) {
        const at = row[step!] as number;
        const isOver = typeof row[score!] === "number" && (row[score!] as number) >= threshold;
        counts.set(at, (counts.get(at) ?? 0) + (isOver ? 1 : 0));
      }
      return {
        name: [...(name === "" ? [] : [name]), `${thresholdText(threshold)} or more`].join(": "),
        points: [...counts].map(([x, y]) => ({ x, y })),
      };
    }),
  );
}
