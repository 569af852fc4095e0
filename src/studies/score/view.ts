/** @file What `score` shows: the map of induction scores, the best heads, every head, and the losses. */
import { headName } from "../../base/headName.ts";
import { mean } from "../../measure/mean.ts";
import { scoreRow } from "../../measure/attentionTables.ts";
import type { HeadMap } from "../../draw/headMap.ts";
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { share } from "../../draw/numbers.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import {
  intervalWords,
  lossWords,
  precisionWords,
  standingOut,
  topWords,
  uniformWords,
} from "./viewWords.ts";
import { SCORE_NAMES, type ScoreResult } from "./result.ts";
import { seedTables, seedWords } from "./viewSeeds.ts";

/** Of attention weights. */

export function scoreView(result: ScoreResult): StudyView {
  return {
    title: `Induction score by head: ${result.model.id}`,
    lines: aboutLines(result),
    sentences: [
      result.verdictInWords,
      `Uniform attention scores ${uniformWords(result)}; ${intervalWords(result)}.`,
      ...precisionWords(result),
      lossWords(result),
      ...seedWords(result),
    ],
    map: scoreHeadMap(result),
    tables: [
      topTable(result),
      ...channelTables(result),
      headTable(result),
      ...lossTables(result),
      ...seedTables(result),
    ],
    csv: () => headTable(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** The heat map of `scores.induction`, with the top heads outlined and the score of uniform attention on the scale. */
export function scoreHeadMap(result: ScoreResult): HeadMap {
  const { scores, uniform, uniformByLayer, verdictInWords } = result;
  const marked = standingOut(result);
  const topHeads = topWords(result).map((words) => words.replaceAll(" ", "\u00a0"));
  return {
    title: "Induction score by head",
    subtitle: pictureLines(result),
    values: scores.induction,
    scale: UNIT_SCALE,
    scaleLabel: "mean attention weight to the token after the previous copy (0 to 1)",
    marked: {
      heads: marked,
      label: marked.length === 1 ? "top head" : `top ${marked.length} heads`,
    },
    reference: {
      value: uniform.induction,
      label: `uniform attention ${uniformByLayer ? "that sees all " : ""}scores ${share(uniform.induction)}`,
    },
    notes: [
      ...(uniformByLayer ? [`Uniform attention scores ${uniformWords(result)}.`] : []),
      `Top heads (layer.head): ${topHeads.join(" · ")}; ${intervalWords(result)}.`,
    ],
    description: `${verdictInWords} Top heads: ${topWords(result).join("; ")}.`,
  };
}

function topTable({ top, uniformByLayer }: ScoreResult): StudyTable {
  const nulls = uniformByLayer?.induction;
  return {
    caption: "Heads with the highest induction score",
    columns: [headColumn(), "induction", "low", "high", ...(nulls ? ["uniform"] : [])],
    rows: top.map(({ layer, head, score, low, high }) => [
      ...[{ layer, head }, score, low, high],
      ...(nulls ? [nulls[layer]!] : []),
    ]),
  };
}

/** Of layers whose units are channels of a scan, which are many and narrow: their mean beside the best of them. */
function channelTables({ scores, model, uniform }: ScoreResult): StudyTable[] {
  const channels = model.architecture?.sizes.dHead === 1;
  const rows = scores.induction.flatMap((row, layer) => {
    if (!channels && row.length <= model.heads) return []; // a hybrid's attention has fewer heads
    const best = row.indexOf(Math.max(...row));
    return [[layer, row.length, mean(row), headName({ layer, head: best }), row[best]!]];
  });
  if (rows.length === 0) return [];
  return [
    {
      caption: `Layers of scans: the mean induction score of their units, and the best; equal shares score ${share(uniform.induction)}`,
      columns: ["layer", "units", "mean", "best", { name: "score", key: "best_score" }],
      rows,
    },
  ];
}

function headTable({ scores, intervals, uniform, uniformByLayer }: ScoreResult): StudyTable {
  const layerNulls = uniformByLayer?.induction;
  const nulls = SCORE_NAMES.map((name) => `${scoreRow(name).title} ${share(uniform[name])}`);
  const [, ...others] = SCORE_NAMES;
  return {
    caption: `Mean attention weights of every head, 0 to 1, with the 95 % interval of induction. Uniform attention${layerNulls ? " that sees all" : ""} scores: ${nulls.join(", ")}.`,
    columns: [
      headColumn(),
      { name: "induction", scale: UNIT_SCALE },
      "low",
      "high",
      ...others.map((name) => ({ name: scoreRow(name).title, key: name, scale: UNIT_SCALE })),
      ...(layerNulls ? ["uniform"] : []),
    ],
    rows: scores.induction.flatMap((row, layer) =>
      row.map((value, head) => [
        { layer, head },
        value,
        ...(intervals.induction[layer]![head] ?? [null, null]),
        ...others.map((name) => scores[name][layer]![head]!),
        ...(layerNulls ? [layerNulls[layer]!] : []),
      ]),
    ),
    terminalRows: 0,
  };
}

function lossTables({ loss }: ScoreResult): StudyTable[] {
  if (loss === null) return [];
  const names = { firstCopy: "first copy", secondCopy: "second copy", copyGain: "copy gain" };
  return [
    {
      caption: `Mean -log p of the tokens of each copy but its first, in nats, over ${loss.examples} sequences; with 95 % intervals`,
      columns: ["loss", "nats", "low", "high"],
      rows: (["firstCopy", "secondCopy", "copyGain"] as const).map((name) => [
        names[name],
        loss[name],
        ...(loss.intervals[name] ?? [null, null]),
      ]),
      terminalRows: 0,
    },
  ];
}
