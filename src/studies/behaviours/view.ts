/** @file What `behaviours` shows: heads by behaviours as a picture, the best heads of each, and every number. */
import { headName, type HeadAt } from "../../base/headName.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { plural } from "../../base/plural.ts";
import { share } from "../../draw/numbers.ts";
import { matricesPicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import type { BehaviourResult, BehavioursResult } from "./result.ts";

export function behavioursView(result: BehavioursResult): StudyView {
  const { least, copies, skipped } = result;
  return {
    title: `Behaviours of heads: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `excess: the score less the same in rows without the cue; a head counts whose excess is surely ${share(least)} or more (95 %)`,
    ],
    sentences: result.words,
    map: null,
    pictures: result.behaviours.length > 0 ? [matricesPicture(pictureOf(result))] : [], // all may be left out
    tables: [
      behaviourTable(result),
      ...(copies && copies.length > 0 ? [copyTable(copies)] : []),
      headTable(result),
      formulaTable(result),
      ...(skipped.length > 0 ? [skippedTable(skipped)] : []),
    ],
    csv: () => everything(result),
    everyHead: () => excessTable(result, everyHeadOf(result)),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

function behaviourTable({ behaviours, least }: BehavioursResult): StudyTable {
  return {
    caption: `The head with the largest excess of each behaviour, and how many heads surely have ${share(least)} or more`,
    columns: [
      "behaviour",
      headColumn("best"),
      "score",
      "excess",
      "low",
      "high",
      "uniform",
      "heads",
    ],
    rows: behaviours.map((behaviour) => {
      const [{ layer, head, value }] = byExcess(behaviour) as [Excess];
      const [low, high] = behaviour.excessIntervals[layer]![head] ?? [null, null];
      const score = behaviour.scores[layer]![head]!;
      return [
        behaviour.title,
        { layer, head },
        score,
        value,
        low,
        high,
        behaviour.uniform,
        behaviour.heads.length,
      ];
    }),
    terminalRows: Infinity,
  };
}

interface Excess extends HeadAt {
  readonly value: number;
}

function byExcess({ excess }: BehaviourResult): Excess[] {
  return excess
    .flatMap((row, layer) => row.map((value, head) => ({ layer, head, value })))
    .sort((a, b) => b.value - a.value || a.layer - b.layer || a.head - b.head);
}

function copyTable(copies: NonNullable<BehavioursResult["copies"]>): StudyTable {
  return {
    caption: "Heads that follow one of three earlier copies, or several: excess by copy",
    columns: [headColumn(), "first", "middle", "last", "follows"],
    rows: copies.map(({ layer, head, first, middle, last, follows }) => [
      ...[{ layer, head }, first, middle, last, follows],
    ]),
  };
}

/** Heads that have some behaviour, by layer; all of the best ones where none has any. */
function shownHeads({ behaviours }: BehavioursResult): HeadAt[] {
  const doing = behaviours.flatMap(({ heads }) => heads);
  const examples =
    doing.length > 0 ? doing : behaviours.flatMap((behaviour) => byExcess(behaviour).slice(0, 2));
  const byName = new Map(
    examples.map(({ layer, head }) => [headName({ layer, head }), { layer, head }]),
  );
  return [...byName.values()].sort((a, b) => a.layer - b.layer || a.head - b.head);
}

function headTable(result: BehavioursResult): StudyTable {
  return excessTable(result, shownHeads(result));
}

function everyHeadOf({ behaviours }: BehavioursResult): HeadAt[] {
  const excess = behaviours[0]?.excess ?? [];
  return excess.flatMap((row, layer) => row.map((_, head) => ({ layer, head })));
}

function excessTable({ behaviours }: BehavioursResult, heads: readonly HeadAt[]): StudyTable {
  return {
    caption:
      "Excess of heads that have some behaviour, or of those with the largest; files have every head",
    columns: [headColumn(), ...behaviours.map(({ title, name }) => ({ name: title, key: name }))],
    rows: heads.map(({ layer, head }) => [
      { layer, head },
      ...behaviours.map(({ excess }) => excess[layer]![head]!),
    ]),
    terminalRows: 0,
  };
}

function formulaTable({ behaviours, scenes }: BehavioursResult): StudyTable {
  const layoutOf = (name: string) => scenes.find((scene) => scene.name === name)?.layout ?? name;
  return {
    caption: "What is computed, and on which rows",
    columns: ["behaviour", "formula", "rows", "source"],
    rows: behaviours.map(({ title, formula, scene, source }) => [
      ...[title, formula, layoutOf(scene), source],
    ]),
    terminalRows: 0,
  };
}

function skippedTable(skipped: BehavioursResult["skipped"]): StudyTable {
  return {
    caption: "Not measured",
    columns: ["behaviour", "why"],
    rows: skipped.map(({ behaviour, why }) => [behaviour, why]),
    terminalRows: Infinity,
  };
}

/** One row for each behaviour and head, with every digit. */
function everything({ behaviours }: BehavioursResult): StudyTable {
  return {
    caption: "Every head and every behaviour",
    columns: [
      "behaviour",
      headColumn(),
      ...["score", "low", "high", "uniform", "control"],
      ...["excess", "low", "high"],
    ],
    rows: behaviours.flatMap((behaviour) =>
      behaviour.scores.flatMap((row, layer) =>
        row.map((score, head) => [
          ...[behaviour.name, { layer, head }, score],
          ...(behaviour.intervals[layer]![head] ?? [null, null]),
          ...[
            behaviour.uniform,
            behaviour.controls?.[layer]![head] ?? null,
            behaviour.excess[layer]![head]!,
          ],
          ...(behaviour.excessIntervals[layer]![head] ?? [null, null]),
        ]),
      ),
    ),
  };
}

/** Rows that a picture has room for. */
const MOST_ROWS = 48;

function pictureOf(result: BehavioursResult): Matrices {
  const { behaviours, words, least } = result;
  const all = shownHeads(result);
  const most = (at: HeadAt) =>
    Math.max(...behaviours.map(({ excess }) => Math.abs(excess[at.layer]![at.head]!)));
  const topHeads = new Set(all.toSorted((a, b) => most(b) - most(a)).slice(0, MOST_ROWS));
  const heads = all.filter((head) => topHeads.has(head));
  const left = all.length - heads.length;
  return {
    title: "Behaviours of heads",
    subtitle: pictureLines(result),
    matrices: [
      {
        title: plural(heads.length, "head"),
        rows: heads.map(headName),
        columns: behaviours.map(({ title }) => title),
        values: heads.map(({ layer, head }) =>
          behaviours.map(({ excess }) => excess[layer]![head]!),
        ),
      },
    ],
    rowName: "heads",
    columnName: "behaviours",
    scale: { kind: "diverging", bound: 1 },
    scaleLabel: "excess: score less the same without the cue",
    notes: [
      behaviours.some((behaviour) => behaviour.heads.length > 0)
        ? `Heads whose excess is surely ${share(least)} or more in some behaviour.`
        : `No head has an excess that is surely ${share(least)} or more; these have the largest.`,
      ...(left > 0 ? [`The ${heads.length} with the largest; the table has ${left} more.`] : []),
    ],
    description: words.join(" "),
  };
}
