/** @file What the scores of stacks show: a map for each direction, the best heads, every score of every head. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { sharesByLayer } from "../../draw/sharesByLayer.ts";
import { plural } from "../../base/plural.ts";
import { nats } from "../../draw/numbers.ts";
import { matricesPicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import { headMatrix } from "../../draw/headMatrix.ts";
import type { StackPart, StacksResult } from "./result.ts";

export function stacksView(result: StacksResult): StudyView {
  return {
    title: `Attention by direction: ${result.model.id}`,
    lines: [...aboutLines(result), ...rowLines(result)],
    sentences: [result.verdictInWords, ...lossWords(result)],
    map: null,
    pictures: [matricesPicture(picture(result))],
    tables: [topTable(result), ...lossTables(result), allTable(result)],
    csv: () => allTable(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** What was read, once for each kind of rows. */
function rowLines({ parts }: StacksResult): string[] {
  return [...new Set(parts.map(({ rows }) => rows))];
}

function picture(result: StacksResult): Matrices {
  return {
    title: result.parts.some(({ attention }) => attention === "cross")
      ? "Induction and alignment by head"
      : "Induction by head",
    subtitle: pictureLines(result),
    matrices: result.parts.map((part) => headMatrix(titleOf(part), part.scores[0]!.values)),
    rowName: "layer",
    columnName: "head",
    scale: UNIT_SCALE,
    scaleLabel: "mean attention weight to the key that the score reads (0 to 1)",
    notes: result.parts.map(
      ({ part, scores }) =>
        `${part}: ${scores[0]!.title}, ${scores[0]!.key}; uniform attention scores ${sharesByLayer(scores[0]!.uniform)}`,
    ),
    description: result.verdictInWords,
  };
}

const SHORT = {
  back: "second copy",
  ahead: "first copy",
  causal: "second copy, causal",
  across: "cross",
};

function titleOf({ stack, direction }: StackPart): string {
  return `${stack === "" ? "" : `${stack}: `}${SHORT[direction]}`;
}

function topTable({ parts, top }: StacksResult): StudyTable {
  const controlled = parts.some(({ scores }) => scores[0]!.control !== null);
  return {
    caption: "Heads with the highest first score of each direction",
    columns: [
      { name: "attention", key: "part" },
      headColumn(),
      { name: "score of", key: "name" },
      "score",
      "low",
      "high",
      { name: "uniform", key: "uniform" },
      ...(controlled ? [{ name: "control", key: "control" }] : []),
    ],
    rows: top.map(({ part, layer, head, score, low, high, uniform }) => [
      titleOf(parts[part]!),
      { layer, head },
      parts[part]!.scores[0]!.title,
      score,
      low,
      high,
      uniform,
      ...(controlled ? [parts[part]!.scores[0]!.control?.[layer]![head] ?? null] : []),
    ]),
    terminalRows: 20,
  };
}

function allTable({ parts }: StacksResult): StudyTable {
  return {
    caption: "Every score of every head: mean attention weight, 0 to 1",
    columns: [
      { name: "stack", key: "stack" },
      { name: "direction", key: "direction" },
      { name: "score of", key: "name" },
      headColumn(),
      "score",
      "low",
      "high",
      { name: "uniform", key: "uniform" },
      { name: "control", key: "control" },
    ],
    rows: parts.flatMap(({ stack, direction, scores }) =>
      scores.flatMap(({ name, values, intervals, uniform, control }) =>
        values.flatMap((heads, layer) =>
          heads.map((value, head) => [
            stack,
            direction,
            name,
            { layer, head },
            value,
            ...(intervals[layer]![head] ?? [null, null]),
            uniform[layer]!,
            control?.[layer]![head] ?? null,
          ]),
        ),
      ),
    ),
    terminalRows: 0,
  };
}

function lossWords({ loss }: StacksResult): string[] {
  if (loss === null) return [];
  const { copied, other, gain, examples } = loss;
  return [
    `loss in nats (${plural(examples, "example")}): ${nats(copied.mean)} where the encoder reads the tokens to write, ${nats(other.mean)} where it reads others, gain ${nats(gain.mean)}`,
  ];
}

function lossTables({ loss }: StacksResult): StudyTable[] {
  if (loss === null) return [];
  const names = { copied: "the same tokens", other: "other tokens", gain: "gain" };
  return [
    {
      caption: `Mean -log p of the decoder's tokens in nats, by what the encoder reads, over ${plural(loss.examples, "sequence")}`,
      columns: ["loss", "nats", "low", "high"],
      rows: (["copied", "other", "gain"] as const).map((name) => [
        names[name],
        loss[name].mean,
        ...(loss[name].interval ?? [null, null]),
      ]),
      terminalRows: 0,
    },
  ];
}
