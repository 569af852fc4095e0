/** @file What the induction-head detector shows: the map of its overall score, thresholds, every head. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import type { HeadMap } from "../../draw/headMap.ts";
import { share } from "../../draw/numbers.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import type { DetectorHead, DetectorResult } from "./result.ts";

export function detectorView(result: DetectorResult): StudyView {
  const { ceiling, null: floor } = result;
  return {
    title: `Induction-head detector: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `overall is the mean of induction, prefix matching and copying; ceiling ${share(ceiling.overall)}, uniform attention ${share(floor.overall)}`,
    ],
    sentences: [result.verdictInWords],
    map: detectorHeadMap(result),
    tables: [headTable(result), thresholdTable(result), legacyTable(result)],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

function detectorHeadMap(result: DetectorResult): HeadMap {
  const { model, heads, threshold, detected, verdictInWords, ceiling } = result;
  const values = Array.from({ length: model.layers }, () =>
    new Array<number | null>(model.heads).fill(null),
  );
  for (const { layer, head, overall } of heads) values[layer]![head] = overall;
  return {
    title: "Detector score by head",
    subtitle: pictureLines(result),
    values,
    scale: UNIT_SCALE,
    scaleLabel: "mean of induction, prefix matching and copying, 0 to 1",
    marked: { heads: detected, label: "detected" },
    reference: { value: threshold, label: `threshold ${share(threshold)}` },
    notes: [`A perfect head has ${share(ceiling.overall)} on this input.`],
    description: verdictInWords,
  };
}

function byOverall(heads: readonly DetectorHead[]): DetectorHead[] {
  return heads.toSorted((head, other) => other.overall - head.overall);
}

function headTable({ heads }: DetectorResult): StudyTable {
  return {
    caption: "Every head, highest first",
    columns: [
      headColumn(),
      "overall",
      "low",
      "high",
      "induction",
      "prefix matching",
      "copying",
      { name: "stripe", key: "inductionStripe" },
      "diagonal",
    ],
    rows: byOverall(heads).map(({ layer, head, ...of }) => [
      { layer, head },
      of.overall,
      ...(of.interval ?? [null, null]),
      of.induction,
      of.prefixMatching,
      of.copying,
      of.inductionStripe,
      of.diagonal,
    ]),
  };
}

function thresholdTable({ threshold, detected, thresholds }: DetectorResult): StudyTable {
  const { fixed, fromNull, byGap } = thresholds;
  return {
    caption: "Where the line can be drawn, and the heads at or above it; a dash is not known",
    columns: ["threshold", "at", "heads"],
    rows: [
      ["as asked", threshold, detected.length],
      ["fixed", fixed.threshold, fixed.heads],
      ["mean + 3 deviations on the control", fromNull?.threshold ?? null, fromNull?.heads ?? null],
      ["largest gap", byGap?.threshold ?? null, byGap?.heads ?? null],
    ],
  };
}

function legacyTable({ heads }: DetectorResult): StudyTable {
  return {
    caption: "As the original's code computes them, one token late",
    columns: [headColumn(), "overall", "induction", "prefix matching", "copying"],
    rows: byOverall(heads).map(({ layer, head, legacy }) => [
      { layer, head },
      legacy.overall,
      legacy.induction,
      legacy.prefixMatching,
      legacy.copying,
    ]),
    terminalRows: 0,
  };
}
