/** @file What `score-patterns` shows: the conventions with their best heads, the map of the primary one, every head. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { headName } from "../../base/headName.ts";
import type { HeadMap } from "../../draw/headMap.ts";
import { plural } from "../../base/plural.ts";
import { share } from "../../draw/numbers.ts";
import { headColumn, settingsOf, type StudyTable, type StudyView } from "../../draw/studyView.ts";
import type { PatternsResult } from "./result.ts";

const BEST = 3;

export function patternsView(result: PatternsResult): StudyView {
  const { attention, verdictInWords, warnings } = result;
  return {
    title: `Attention of ${attention.name}`,
    lines: [attentionWords(result), ...layerWords(result)],
    sentences: [verdictInWords, ...thresholdWords(result)],
    map: patternsHeadMap(result),
    tables: [
      topTable(result),
      conventionTable(result),
      headTable(result),
      formulaTable(result),
      missingTable(result),
    ],
    csv: () => headTable(result),
    settings: [
      ["attention", attention.name],
      ["sha256 of the file", attention.sha256 ?? "–"],
      ["sha256 of the tokens", result.input.tokensSha256],
      ...settingsOf({ version: result.version }),
    ],
    warnings,
  };
}

/** `attention.npz · mask causal · 12 layers × 12 heads · 100 sequences of 65 tokens · period 32`. */
function attentionWords({ attention, input }: PatternsResult): string {
  const { name, mask, layers, heads, examples, queries, keys } = attention;
  const size = queries === keys ? `${queries} tokens` : `${queries} queries and ${keys} keys`;
  const period = input.period === null ? "" : ` · period ${input.period}`;
  return `${name} · mask ${mask} · ${plural(layers.length, "layer")} × ${plural(heads, "head")} · ${plural(examples, "sequence")} of ${size}${period}`;
}

/** Which layers the rows of a map are, unless they are the first ones in order. */
function layerWords({ attention: { layers } }: PatternsResult): string[] {
  const inOrder = layers.every((layer, index) => layer === index);
  return inOrder ? [] : [`Rows of the map are layers ${layers.join(", ")}.`];
}

function thresholdWords({ thresholds, primary, conventions, top }: PatternsResult): string[] {
  if (top.length === 0) return [];
  const values = conventions.find(({ convention }) => convention === primary)!.values.flat();
  const above = (threshold: number) => values.filter((value) => (value ?? 0) >= threshold).length;
  const { fixed, gap } = thresholds;
  const byGap =
    gap === null
      ? "no gap above .1"
      : `largest gap at ${share(gap)} (${plural(above(gap), "head")})`;
  return [
    `thresholds: fixed ${share(fixed)} (${plural(above(fixed), "head")}); ${byGap}; from the null: needs a control run`,
  ];
}

/** The heat map of the primary convention. */
function patternsHeadMap(result: PatternsResult): HeadMap {
  const { attention, conventions, primary, verdictInWords, warnings } = result;
  const main = conventions.find(({ convention }) => convention === primary);
  const none = attention.layers.map(() => new Array<null>(attention.heads).fill(null));
  return {
    title: `${primary} by head`,
    subtitle: [attentionWords(result), verdictInWords],
    values: main?.values ?? none,
    scale: UNIT_SCALE,
    scaleLabel: main?.formula ?? "not measured",
    ...(main && {
      reference: { value: main.null, label: `uniform attention scores ${share(main.null)}` },
    }),
    notes: [...layerWords(result), ...warnings],
    description: verdictInWords,
  };
}

function topTable({ top, primary }: PatternsResult): StudyTable {
  return {
    caption: `Heads with the highest score by ${primary}`,
    columns: [headColumn(), "score", "low", "high"],
    rows: top.map(({ layer, head, score, low, high }) => [{ layer, head }, score, low, high]),
  };
}

function conventionTable({ attention, conventions }: PatternsResult): StudyTable {
  return {
    caption: "Conventions with their null and ceiling, and the heads that score most",
    columns: ["convention", "null", "ceiling", "best heads"],
    rows: conventions.map(({ convention, null: floor, ceiling, values }) => [
      convention,
      floor,
      ceiling,
      values
        .flatMap((heads, layer) =>
          heads.map((value, head) => ({
            name: headName({ layer: attention.layers[layer]!, head }),
            value,
          })),
        )
        .sort((entry, other) => (other.value ?? 0) - (entry.value ?? 0))
        .slice(0, BEST)
        .map(({ name, value }) => `${name} ${share(value ?? NaN)}`)
        .join(" · "),
    ]),
    terminalRows: Infinity,
  };
}

/** A column for each convention that was measured; empty where there is no value. */
function headTable({ attention, conventions }: PatternsResult): StudyTable {
  return {
    caption: "Every head by every convention that fits",
    columns: [
      headColumn(),
      ...conventions.map(({ convention }) => ({ name: convention, key: convention })),
    ],
    rows: attention.layers.flatMap((layer, index) =>
      Array.from({ length: attention.heads }, (_, head) => [
        { layer, head },
        ...conventions.map(({ values }) => values[index]![head] ?? null),
      ]),
    ),
    terminalRows: 0,
  };
}

function formulaTable({ conventions }: PatternsResult): StudyTable {
  return {
    caption: "What each convention computes, and who computes it so",
    columns: ["convention", "formula", "source"],
    rows: conventions.map(({ convention, formula, source }) => [convention, formula, source]),
    terminalRows: 0,
  };
}

function missingTable({ notMeasured }: PatternsResult): StudyTable {
  return {
    caption: "Not measured",
    columns: ["convention", "why"],
    rows: notMeasured.map(({ convention, why }) => [convention, why]),
    terminalRows: Infinity,
  };
}
