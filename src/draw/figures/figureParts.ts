/** @file What a figure that is asked for by name is made of. */
import { InputError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { HeadMeasure, HeadNumbers } from "../headNumbers.ts";
import type { StudyPicture, StudyTable } from "../studyView.ts";

export interface FigureParts {
  /** Null for a figure that is a table. */
  readonly picture: StudyPicture | null;
  /** Its numbers. */
  readonly table: StudyTable;
}

/** What every figure says beside its own words. */
export interface FigureWords {
  /** How the numbers were made: weights, rows, BOS, seed; empty where the Result does not say. */
  readonly subtitle: readonly string[];
}

/** A measure in a title: without its unit. */
export function titleName({ name }: HeadMeasure): string {
  return name.split(",")[0]!;
}

/**
 * The measures with these keys; the first ones where nobody says which.
 *
 * @throws {InputError} "options" for one that the Result does not have, or another number of them
 */
export function chosenMeasures(
  { measures }: HeadNumbers,
  keys: readonly string[],
  count: number,
): HeadMeasure[] {
  const keysOfAll = measures.map(({ key }) => key);
  const chosenKeys = keys.length === 0 ? keysOfAll.slice(0, count) : keys;
  const unknown = chosenKeys.filter((key) => !keysOfAll.includes(key));
  if (unknown.length > 0)
    throw new InputError(
      "options",
      `this Result has no number ${unknown.join(", ")} of every head; the nearest are ${nearest(unknown[0]!, keysOfAll).join(", ")}, all are ${keysOfAll.join(", ")}`,
      { option: "figure" },
    );
  if (chosenKeys.length !== count)
    throw new InputError(
      "options",
      `this figure needs ${count} numbers of every head, got ${chosenKeys.join(", ") || "none"}; the Result has ${keysOfAll.join(", ")}`,
      { option: "figure" },
    );
  return chosenKeys.map((key) => measures.find((measure) => measure.key === key)!);
}
