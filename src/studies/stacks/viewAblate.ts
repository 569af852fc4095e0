/** @file What ablations of a model that is not a decoder show: maps of harm and of what is restored, and every head. */
import type { Matrices } from "../../draw/matrices.ts";
import { nats } from "../../draw/numbers.ts";
import { matricesPicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  divergingScale,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import { headMatrix } from "../../draw/headMatrix.ts";
import type { StackAblationResult } from "./resultAblate.ts";

export function stackAblationView(result: StackAblationResult): StudyView {
  return {
    title: `What each head does for ${FOR[result.task]}: ${result.model.id}`,
    lines: [...aboutLines(result), result.rows, `a head's output becomes ${WHAT[result.kind]}`],
    sentences: [result.verdictInWords],
    map: null,
    pictures: [matricesPicture(picture(result))],
    tables: [topTable(result), allTable(result)],
    csv: () => allTable(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

const WHAT = { mean: "its mean over the rows at each position", zero: "0" };

const FOR = {
  copy: "the copy",
  masked: "masked tokens",
  class: "the class",
  embedding: "the embedding",
};

const unitOf = ({ task }: StackAblationResult) =>
  task === "embedding" ? "1 - cosine of the embedding" : "nats of the loss";

function picture(result: StackAblationResult): Matrices {
  const titleOf = ({ stack, attention }: StackAblationResult["parts"][number], what: string) =>
    `${attention === "cross" ? "cross" : stack}, ${what}`;
  return {
    title: `What each head does for ${FOR[result.task]}`,
    subtitle: pictureLines(result),
    matrices: [
      ...result.parts.map((part) => headMatrix(titleOf(part, "harm"), part.harm)),
      ...result.parts.map((part) => headMatrix(titleOf(part, "restored"), part.restored)),
    ],
    rowName: "layer",
    columnName: "head",
    scale: divergingScale(result.parts.flatMap(({ harm, restored }) => [...harm, ...restored])),
    scaleLabel: unitOf(result),
    notes: [
      "Harm: how much the loss rises without the head. Restored: how much it falls on the other rows where the head gives what it gave on the rows.",
      `Between the rows and the other ones lie ${nats(result.loss.gain.mean)}.`,
    ],
    description: result.verdictInWords,
  };
}

function topTable({ parts, top, ...result }: StackAblationResult): StudyTable {
  return {
    caption: `Heads whose absence harms the most, ${unitOf({ parts, top, ...result })}`,
    columns: [{ name: "attention", key: "part" }, headColumn(), "harm", "low", "high", "restored"],
    rows: top.map(({ part, layer, head, harm, low, high, restored }) => [
      parts[part]!.part,
      { layer, head },
      harm,
      low,
      high,
      restored,
    ]),
  };
}

function allTable({ parts, ...result }: StackAblationResult): StudyTable {
  return {
    caption: `Every head: what its absence harms and what its output restores, ${unitOf({ parts, ...result })}, with 95 % intervals`,
    columns: [
      "stack",
      "attention",
      headColumn(),
      "harm",
      "low",
      "high",
      "restored",
      { name: "low", key: "restoredLow" },
      { name: "high", key: "restoredHigh" },
    ],
    rows: parts.flatMap(({ stack, attention, harm, harmIntervals, restored, restoredIntervals }) =>
      harm.flatMap((heads, layer) =>
        heads.map((value, head) => [
          stack,
          attention,
          { layer, head },
          value,
          ...(harmIntervals[layer]![head] ?? [null, null]),
          restored[layer]![head]!,
          ...(restoredIntervals[layer]![head] ?? [null, null]),
        ]),
      ),
    ),
    terminalRows: 0,
  };
}
