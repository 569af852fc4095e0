/** @file What `shapley` shows: the largest values as bars, and a table of all. */
import { plural } from "../../base/plural.ts";
import { headName } from "../../base/headName.ts";
import type { BarChart } from "../../draw/bars.ts";
import { barPicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import type { ShapleyResult } from "./result.ts";

export function shapleyView(result: ShapleyResult): StudyView {
  const { design, kind, reference, heads, words, threshold } = result;
  const how =
    design.kind === "exact"
      ? `exact: all ${plural(design.subsets, "subset")} of ${plural(heads.length, "head")}`
      : `sampled: ${design.pairs} orders of ${heads.length} heads, each with its reverse`;
  return {
    title: `Shapley values: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `${how}; a removed head's output is ${KIND_WORDS[kind]}${reference ? ` (${reference.examples} rows: ${reference.what})` : ""}`,
      `null: the same rows with a second block that is new; a head matters from ${Math.round(threshold * 100)} % of the whole`,
    ],
    sentences: words,
    pictures: [barPicture(chart(result))],
    map: null,
    tables: [headTable(result)],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

const KIND_WORDS: Readonly<Record<ShapleyResult["kind"], string>> = {
  zero: "zero",
  mean: "its mean by position over reference rows",
  "sized-mean": "its mean by position over reference rows, as long as the output",
  resample: "that of a reference row",
};

const MOST_BARS = 24;

function bySize(heads: ShapleyResult["heads"]) {
  return heads.toSorted((a, b) => Math.abs(b.copyGain.value) - Math.abs(a.copyGain.value));
}

function chart(result: ShapleyResult): BarChart {
  const { heads, words } = result;
  return {
    title: "What each head adds to the copy gain",
    subtitle: pictureLines(result),
    bars: bySize(heads)
      .slice(0, MOST_BARS)
      .map(({ layer, head, copyGain: { value, low, high } }) => ({
        name: headName({ layer, head }),
        value,
        low,
        high,
      })),
    valueLabel: "Shapley value, nats",
    notes:
      heads.length > MOST_BARS
        ? [`The ${MOST_BARS} largest of ${heads.length} heads; the table has all.`]
        : [],
    description: words.join(" "),
  };
}

function headTable({ heads }: ShapleyResult): StudyTable {
  return {
    caption:
      "Shapley values: copy gain in nats, the target's centred logit, each with the null of rows without a repeat",
    columns: [
      headColumn(),
      { name: "gain", key: "copyGainNats" },
      "low",
      "high",
      "share",
      { name: "null", key: "nullNats" },
      "matters",
      { name: "logit", key: "centredLogit" },
      "low",
      "high",
      "share",
      { name: "null", key: "nullLogit" },
      "matters",
    ],
    rows: bySize(heads).map(({ layer, head, copyGain, centredLogit }) => [
      { layer, head },
      ...[copyGain, centredLogit].flatMap((part) => [
        part.value,
        part.low,
        part.high,
        part.share,
        part.null.value,
        part.matters,
      ]),
    ]),
  };
}
