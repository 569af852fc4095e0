/** @file What ablations of an encoder-decoder show: maps of harm and of what is restored, and every head. */
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
    title: `What each head does for the copy: ${result.model.id}`,
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

function picture(result: StackAblationResult): Matrices {
  const titleOf = ({ stack, attention }: StackAblationResult["parts"][number], what: string) =>
    `${attention === "cross" ? "cross" : stack}, ${what}`;
  return {
    title: "What each head does for the copy",
    subtitle: pictureLines(result),
    matrices: [
      ...result.parts.map((part) => headMatrix(titleOf(part, "harm"), part.harm)),
      ...result.parts.map((part) => headMatrix(titleOf(part, "restored"), part.restored)),
    ],
    rowName: "layer",
    columnName: "head",
    scale: divergingScale(result.parts.flatMap(({ harm, restored }) => [...harm, ...restored])),
    scaleLabel: "nats of the copy's loss",
    notes: [
      "Harm: how much the loss rises without the head. Restored: how much it falls where the encoder reads other tokens and the head gives what it gave beside the right ones.",
      `The whole copy gains ${nats(result.loss.gain.mean)} nats.`,
    ],
    description: result.verdictInWords,
  };
}

function topTable({ parts, top }: StackAblationResult): StudyTable {
  return {
    caption: "Heads whose absence harms the copy the most, nats",
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

function allTable({ parts }: StackAblationResult): StudyTable {
  return {
    caption:
      "Every head: what its absence harms and what its output restores, nats, with 95 % intervals",
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
