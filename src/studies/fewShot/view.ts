/** @file What `few-shot` shows: accuracy without heads of either kind, scores of heads, and the tasks. */
import { plural } from "../../base/plural.ts";
import { headAt, headName } from "../../base/headName.ts";
import type { Line, LineFigure, LinePanel } from "../../draw/lines.ts";
import { linePicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  divergingScale,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import type { FewShotCurve, FewShotResult } from "./result.ts";

export function fewShotView(result: FewShotResult): StudyView {
  const { functionVector, shots, words, skipped, exclude } = result;
  return {
    title: `Few-shot prompts and heads: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `${plural(shots, "example")} and a question; a head's output at the last token becomes its mean over clean prompts`,
      `prompt: ${JSON.stringify(result.prompt.slice(0, 60))} ...`,
    ],
    sentences: words,
    pictures: [
      {
        ...linePicture(curveFigure(result)),
        figure: { name: "curve", table: curveTable(result) },
      },
    ],
    map: {
      title: "Function-vector score by head",
      subtitle: pictureLines(result),
      values: functionVector.scores,
      scale: divergingScale(functionVector.scores),
      scaleLabel: "gain of the answer's probability, shuffled examples",
      description: words[0]!,
    },
    tables: [
      curveTable(result),
      headTable(result),
      taskTable(result),
      ...(skipped.length > 0 ? [skippedTable(skipped)] : []),
    ],
    settings: [
      ...(settingsOf(result) ?? []),
      ["examples before a question", shots],
      ["heads of the other kind that stay", `${exclude} %`],
    ],
    warnings: result.warnings,
  };
}

const TITLES = {
  functionVector: "best by function vector",
  induction: "best by induction",
} as const;

/** One panel for whole curves, one for those without the best of the other kind. */
function curveFigure(result: FewShotResult): LineFigure {
  const { curves, words, clean, exclude } = result;
  const panels = [false, true]
    .map((excludes) => curves.filter(({ excluded }) => excluded.length > 0 === excludes))
    .filter((group) => group.length > 0);
  return {
    title: "Few-shot accuracy without heads",
    subtitle: pictureLines(result),
    panels: panels.map((group, which): LinePanel => {
      const less = which === 1 ? `, but for the other kind's best ${exclude} %` : "";
      return {
        lines: group.flatMap((curve) => [
          pointLine(curve, clean.accuracy),
          ...bandLines(curve, clean.accuracy),
        ]),
        x: { label: `heads ablated, per cent of all${less}` },
        y: { label: "accuracy", domain: [0, 1] },
      };
    }),
    notes: [
      "Bands of random heads: mean, lowest and highest of sets with as many heads of each layer.",
    ],
    description: words.join(" "),
  };
}

/** Accuracy at each share of heads, with the bounds that the interval of what is lost leaves it. */
export function pointLine({ kind, points }: FewShotCurve, clean: number): Line {
  return {
    name: `${TITLES[kind]} (95 % interval)`,
    points: [
      { x: 0, y: clean },
      ...points.map(({ percent, accuracy, interval }) => ({
        ...{ x: percent, y: accuracy },
        // the interval is that of what is lost; an accuracy ends at 0 and 1
        low: interval && Math.max(0, clean - interval[1]),
        high: interval && Math.min(1, clean - interval[0]),
      })),
    ],
  };
}

function bandLines({ kind, points }: FewShotCurve, clean: number): Line[] {
  const banded = points.flatMap(({ percent, random }) =>
    random
      ? [
          {
            ...{ x: percent, y: clean - random.mean },
            ...{ low: clean - random.high, high: clean - random.low },
          },
        ]
      : [],
  );
  return banded.length === 0
    ? []
    : [
        {
          name: `random heads of the layers of the ${TITLES[kind]}`,
          points: [{ x: 0, y: clean, low: clean, high: clean }, ...banded],
        },
      ];
}

function curveTable({ curves }: FewShotResult): StudyTable {
  return {
    caption:
      "Accuracy without the best heads of one kind, and what random heads of the same layers lose",
    columns: [
      "best by",
      "excluded",
      { name: "%", key: "percent" },
      "heads",
      "accuracy",
      "probability",
      "lost",
      "low",
      "high",
      { name: "random", key: "randomLost" },
      "low",
      "high",
      { name: "sets", key: "randomSets" },
    ],
    rows: curves.flatMap(({ kind, excluded, points }) =>
      points.map(({ percent, heads, accuracy, probability, lost, interval, random }) => [
        ...[kind, excluded.length, percent, heads.length, accuracy, probability, lost],
        ...(interval ?? [null, null]),
        ...[random?.mean ?? null, random?.low ?? null, random?.high ?? null, random?.sets ?? null],
      ]),
    ),
    terminalRows: Infinity,
  };
}

function headTable({ functionVector, induction }: FewShotResult): StudyTable {
  const heads = functionVector.scores.flatMap((row, layer) =>
    row.map((score, head) => ({ layer, head, score })),
  );
  return {
    caption: "Every head: function-vector score and induction score, highest first",
    columns: [
      headColumn(),
      { name: "function vector", key: "functionVector" },
      "low",
      "high",
      "induction",
    ],
    rows: heads
      .sort((a, b) => b.score - a.score || a.layer - b.layer || a.head - b.head)
      .map(({ layer, head, score }) => [
        headAt(headName({ layer, head })),
        score,
        ...(functionVector.intervals[layer]![head] ?? [null, null]),
        induction.scores[layer]![head]!,
      ]),
  };
}

function taskTable({ tasks }: FewShotResult): StudyTable {
  return {
    caption: "Tasks with all heads in place",
    columns: [
      "task",
      { name: "word pairs", key: "pairs" },
      "accuracy",
      "probability",
      { name: "with shuffled examples", key: "shuffledProbability" },
    ],
    rows: tasks.map(({ title, pairs, clean, shuffled }) => [
      ...[title, pairs, clean.accuracy, clean.probability, shuffled.probability],
    ]),
    terminalRows: Infinity,
  };
}

function skippedTable(skipped: FewShotResult["skipped"]): StudyTable {
  return {
    caption: "Tasks that were not measured",
    columns: ["task", "why"],
    rows: skipped.map(({ task, why }) => [task, why]),
    terminalRows: Infinity,
  };
}
