/** @file What `phase --seeds` shows: the leading head of every run over log steps, and the runs as a table. */
import { headName } from "../../base/headName.ts";
import type { PhaseSeedsResult } from "./resultSeeds.ts";
import type { LineFigure } from "../../draw/lines.ts";
import { linePicture } from "../../draw/pictures.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import {
  headColumn,
  pictureName,
  settingsOf,
  type HeadCell,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

export function phaseSeedsView(result: PhaseSeedsResult): StudyView {
  const { runs, mechanisms, words, warnings } = result;
  return {
    title: `Phase change over ${runs.length} runs`,
    lines: [runs.map(({ id }) => id).join(", ")],
    sentences: words,
    map: null,
    pictures: [linePicture(seedsFigure(result))],
    tables: [
      {
        caption: "Runs; a dash is none",
        columns: [
          "run",
          "step",
          "low",
          "high",
          "rise",
          headColumn(),
          { name: "before it", key: "previous", isHead: true },
          "order",
          "mechanism",
        ],
        rows: runs.map(({ id, change, pair, order }, index) => [
          id,
          change && Math.round(change.step),
          change && Math.round(change.low),
          change && Math.round(change.high),
          change && change.effectSize,
          pair ? placeOf(pair.induction) : null,
          pair?.previous ? placeOf(pair.previous) : null,
          order,
          mechanisms[index]!,
        ]),
      },
    ],
    overSteps: { table: () => curveTable(result), threshold: INDUCTION_ATTENTION.substantial },
    settings: settingsOf(result),
    warnings,
  };
}

/** One row for each head at each checkpoint of each run. */
function curveTable({ runs }: PhaseSeedsResult): StudyTable {
  return {
    caption: "Every head at every checkpoint of every run",
    columns: ["run", "step", headColumn(), "induction", "previous token"],
    rows: runs.flatMap(({ id, steps, curves }, run) =>
      steps.flatMap((step, at) =>
        curves.induction.flatMap((heads, layer) =>
          heads.map((scores, head) => [
            ...[`${run + 1}: ${pictureName(id)}`, step, { layer, head }],
            ...[scores[at]!, curves.previousToken[layer]![head]![at]!],
          ]),
        ),
      ),
    ),
  };
}

function placeOf({ layer, head }: HeadCell): HeadCell {
  return { layer, head };
}

/** As many runs as a picture can tell apart. */
const MOST_RUNS = 12;

function seedsFigure({ runs, words }: PhaseSeedsResult): LineFigure {
  const firstRuns = runs.slice(0, MOST_RUNS);
  const lines = firstRuns.map(({ id, steps, curves, pair }) => {
    const { layer, head } = pair?.induction ?? bestOf(curves.induction);
    const first = steps.find((step) => step > 0) ?? 1;
    const values = curves.induction[layer]![head]!;
    const points = values.map((y, index) => ({
      x: steps[index]! > 0 ? steps[index]! : first / 2,
      y,
    }));
    return { name: `${id}: ${headName({ layer, head })}`, points };
  });
  return {
    title: `Phase change over ${runs.length} runs`,
    subtitle: words.slice(0, 2),
    panels: [
      {
        lines,
        x: { label: "training steps", log: true },
        y: { label: "induction score of the leading head", domain: [0, 1] },
      },
    ],
    notes: [
      "Step 0 is drawn at half of the first step.",
      ...(firstRuns.length < runs.length
        ? [`The first ${firstRuns.length} of ${runs.length} runs.`]
        : []),
    ],
    description: words.join(" "),
  };
}

function bestOf(induction: readonly (readonly (readonly number[])[])[]) {
  return induction
    .flatMap((heads, layer) => heads.map((curve, head) => ({ layer, head, score: curve.at(-1)! })))
    .reduce((best, entry) => (entry.score > best.score ? entry : best));
}
