/** @file What `patch` and fingerprints show. */
import { headName, headAt } from "../../base/headName.ts";
import { FINGERPRINT_DESIGNS, FINGERPRINT_UNITS } from "../../results/causalNames.ts";
import { type Components } from "../../results/pair.ts";
import { type FingerprintResult, type PatchResult } from "./result.ts";
import type { BarChart } from "../../draw/bars.ts";
import type { HeadMap } from "../../draw/headMap.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { tokenText } from "../../draw/tokenText.ts";
import { plural } from "../../base/plural.ts";
import { share, tableNumber } from "../../draw/numbers.ts";
import { barPicture, matricesPicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  divergingScale,
  headColumn,
  pictureLines,
  pictureName,
  settingsOf,
  type StudyCell,
  type StudyPicture,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

const DESIGN_WORDS = {
  AB: "the second copy replaced (A B)",
  BA: "the first copy replaced (B A)",
  BB: "both replaced by another block twice (B B)",
  BC: "both replaced by different blocks (B C)",
  single: "one token of the second copy replaced",
  own: "the given corrupted rows",
  prompts: "the given corrupted texts",
} as const;

export function patchView(result: PatchResult): StudyView {
  const { metric, mode, unit, pair, important } = result;
  const numbers = `${metric.name}: clean ${tableNumber(metric.clean)}, corrupted ${tableNumber(metric.corrupted)}`;
  const way =
    mode === "denoise"
      ? "clean values put into the corrupted run; effect 1 restores all of the difference"
      : "corrupted values put into the clean run; effect 1 destroys all of it";
  return {
    title: `Activation patching of ${unit}: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `corrupted: ${DESIGN_WORDS[pair.design]}`,
      ...promptLines(pair),
      way,
      numbers,
    ],
    sentences: [patchSentence(result)],
    map: result.heads ? null : patchMap(result),
    ...picturesOf(result),
    tables: [
      {
        caption: `Effects of at least ${share(result.threshold)} in size`,
        columns: ["component", "effect", "low", "high"],
        rows: important.map((component) => [
          nameOf(component, pair.pieces),
          component.effect,
          component.low,
          component.high,
        ]),
      },
      componentTable(result),
    ],
    csv: () => componentTable(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** The first pair, and how many more there are. */
function promptLines({ prompts = [] }: PatchResult["pair"]): string[] {
  const [first] = prompts;
  if (!first) return [];
  const wrong = first.wrong === null ? "" : `, not ${JSON.stringify(first.wrong)}`;
  const more = prompts.length > 1 ? `, and ${plural(prompts.length - 1, "more pair")}` : "";
  return [
    `clean: ${JSON.stringify(first.clean)} -> ${JSON.stringify(first.answer)}${wrong}`,
    `corrupted: ${JSON.stringify(first.corrupted)}${more}`,
  ];
}

/** @param pieces tokens by position, where the rows are texts */
function nameOf(
  { layer, head, position, key }: PatchResult["important"][number],
  pieces?: readonly string[],
): string {
  const component = head === null ? `layer ${layer}` : headName({ layer, head });
  const at = (index: number) =>
    pieces?.[index] === undefined ? String(index) : `${index} ${JSON.stringify(pieces[index])}`;
  if (key !== null) return `${component} from query ${at(position!)} to key ${at(key)}`;
  return position === null ? component : `${component} at ${at(position)}`;
}

function patchSentence({ important, effects, threshold, mode, pair }: PatchResult): string {
  if (effects === null) return "Only the metric of each run was asked for.";
  const [first, second] = important;
  if (!first) return `No component has an effect of ${share(threshold)} or more.`;
  const does = mode === "denoise" ? "restores" : "destroys";
  const next = second
    ? `; next is ${nameOf(second, pair.pieces)} with ${share(second.effect)}`
    : "";
  return `${nameOf(first, pair.pieces)} alone ${does} ${share(first.effect)} of the difference${next}.`;
}

/** Every component with its numbers, in their order. */
function componentTable({ axes, heads, values, effects, intervals }: PatchResult): StudyTable {
  const flat = leaves(values);
  const shares = effects === null ? null : leaves(effects);
  const ends = intervals?.flat() ?? null;
  return {
    caption: "Every component",
    columns: [...axisColumns(axes), "value", "effect", "low", "high"],
    rows: flat.map(({ at, value }, index) => [
      ...axisCells(at, axes, heads),
      value,
      shares?.[index]!.value ?? null,
      ends?.[index]?.[0] ?? null,
      ends?.[index]?.[1] ?? null,
    ]),
  };
}

const isByHead = (axes: readonly string[]) => axes[0] === "layer" && axes[1] === "head";

/** Layer and head are one column of heads. */
function axisColumns(axes: readonly string[]): StudyTable["columns"] {
  if (axes[0] === "head") return [headColumn(), ...axes.slice(1)];
  return isByHead(axes) ? [headColumn(), ...axes.slice(2)] : axes;
}

function axisCells(
  at: readonly number[],
  axes: readonly string[],
  heads: PatchResult["heads"],
): StudyCell[] {
  if (heads) return [headAt(heads[at[0]!]!), ...at.slice(1)];
  return isByHead(axes) ? [{ layer: at[0]!, head: at[1]! }, ...at.slice(2)] : [...at];
}

function leaves(values: Components): { readonly at: number[]; readonly value: number }[] {
  const walk = (value: unknown, at: number[]): { at: number[]; value: number }[] =>
    Array.isArray(value)
      ? value.flatMap((inner, index) => walk(inner, [...at, index]))
      : [{ at, value: value as number }];
  return walk(values, []);
}

/** Rows are layers; where there are three axes, a cell has the effect of the position where it is largest. */
function patchMap(result: PatchResult): HeadMap {
  const { effects, values, axes, unit, important } = result;
  const rows = effects ?? values;
  const cells = rows.map((row): number[] =>
    Array.isArray(row) ? row.map((cell) => (Array.isArray(cell) ? largest(cell) : cell)) : [row],
  );
  const heads = important.flatMap(({ layer, head }) => (head === null ? [] : [{ layer, head }]));
  const widest = axes.length === 3 ? " (at the position where it is largest)" : "";
  return {
    title: `Patching ${unit}`,
    subtitle: pictureLines(result),
    values: cells,
    scale: divergingScale(cells),
    scaleLabel: effects ? `effect on ${result.metric.name}${widest}` : result.metric.name,
    rowName: "layer",
    columnName: axes[1] === "kvHead" ? "key head" : (axes[1] ?? "layer's value"),
    ...(axes.length === 2 && axes[1] !== "position" && heads.length > 0
      ? { marked: { heads, label: "largest effects" } }
      : {}),
    description: patchSentence(result),
  };
}

function picturesOf(result: PatchResult): Pick<StudyView, "pictures"> {
  const { heads, axes, pair } = result;
  if (heads) return { pictures: [headsPicture(result, heads)] };
  const byToken = axes.length === 2 && axes[1] === "position" && pair.pieces !== undefined;
  return byToken ? { pictures: [matricesPicture(layersByToken(result))] } : {};
}

/** Layers by the tokens of the first text: the map has their numbers alone. */
function layersByToken(result: PatchResult): Matrices {
  const { effects, values, unit, metric } = result;
  const cells = (effects ?? values) as number[][];
  const columns = positionNames(result, cells[0]!.length);
  const rows = cells.map((_, layer) => String(layer));
  return {
    title: `Patching ${unit}`,
    subtitle: pictureLines(result),
    matrices: [{ title: "", rows, columns, values: cells }],
    rowName: "layer",
    columnName: "token and position",
    scale: divergingScale(cells),
    scaleLabel: effects ? `effect on ${metric.name}` : metric.name,
    description: patchSentence(result),
  };
}

/** Positions by the tokens of the first text, where rows are texts. */
function positionNames({ pair: { pieces } }: PatchResult, count: number): string[] {
  return Array.from({ length: count }, (_, position) => {
    const piece = pieces?.[position];
    return piece === undefined ? String(position) : `${tokenText(piece)} ${position}`;
  });
}

/** Chosen heads: a bar for each, a row for each by position, or a matrix [query, key] for each of the first three. */
function headsPicture(result: PatchResult, heads: readonly string[]): StudyPicture {
  return result.axes.length === 1
    ? barPicture(headsChart(result, heads))
    : matricesPicture(headsMatrices(result, heads));
}

function headsChart(result: PatchResult, heads: readonly string[]): BarChart {
  const { effects, values, intervals, unit, metric } = result;
  const numbers = leaves(effects ?? values);
  const ends = effects === null ? [] : (intervals?.flat() ?? []);
  return {
    title: `Patching ${unit}`,
    subtitle: pictureLines(result),
    bars: heads.map((name, index) => ({
      name,
      value: numbers[index]!.value,
      low: ends[index]?.[0] ?? null,
      high: ends[index]?.[1] ?? null,
    })),
    valueLabel: effects ? `effect on ${metric.name}` : metric.name,
    description: patchSentence(result),
  };
}

function headsMatrices(result: PatchResult, heads: readonly string[]): Matrices {
  const { effects, values, axes, unit, metric } = result;
  const numbers = effects ?? values;
  const cells = axes.includes("key");
  const flat = leaves(numbers).map(({ value }) => value);
  const byHead = numbers as number[][];
  return {
    title: `Patching ${unit}`,
    subtitle: pictureLines(result),
    matrices: cells
      ? (numbers as number[][][]).slice(0, 3).map((matrix, index) => ({
          title: heads[index]!,
          rows: positionNames(result, matrix.length),
          columns: positionNames(result, matrix.length),
          values: matrix,
        }))
      : [
          {
            title: "",
            rows: heads,
            columns: positionNames(result, byHead[0]!.length),
            values: byHead,
          },
        ],
    rowName: cells ? "query" : "head",
    columnName: cells ? "key" : "position",
    scale: divergingScale([flat]),
    scaleLabel: effects ? `effect on ${metric.name}` : metric.name,
    description: patchSentence(result),
  };
}

function largest(cells: readonly number[]): number {
  return cells.reduce((most, cell) => (Math.abs(cell) > Math.abs(most) ? cell : most), 0);
}

const MARKS = { tick: "✔", cross: "✘", between: "?" } as const;

export function fingerprintView(result: FingerprintResult): StudyView {
  return {
    title: `Fingerprints: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      "effects of clean values in corrupted runs on the centred target logit; a tick is at least half of the head's output effect, a cross at most a fifth",
    ],
    sentences: result.heads.map(({ layer, head, matches, aboveNull }) =>
      matches
        ? `${headName({ layer, head })} has the fingerprint of an induction head.`
        : aboveNull
          ? `${headName({ layer, head })} does not have the fingerprint of an induction head.`
          : `${headName({ layer, head })} has no fingerprint: its output effect is not above that of random heads.`,
    ),
    map: null,
    pictures: [matricesPicture(fingerprintMatrices(result))],
    csv: () => effectTable(result),
    tables: [
      {
        caption: "Corruption × what is patched",
        columns: [headColumn(), "design", ...FINGERPRINT_UNITS],
        rows: result.heads.flatMap(({ layer, head, cells }) =>
          FINGERPRINT_DESIGNS.map((design) => [
            { layer, head },
            design,
            ...FINGERPRINT_UNITS.map((unit) => {
              const { effect, mark } = cells[design][unit];
              return `${share(effect)} ${MARKS[mark]}`;
            }),
          ]),
        ),
      },
    ],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** A row for each cell of the tables, with every digit. */
function effectTable({ heads }: FingerprintResult): StudyTable {
  return {
    caption: "Every effect",
    columns: [headColumn(), "design", "unit", "effect", "mark"],
    rows: heads.flatMap(({ layer, head, cells }) =>
      FINGERPRINT_DESIGNS.flatMap((design) =>
        FINGERPRINT_UNITS.map((unit) => {
          const { effect, mark } = cells[design][unit];
          return [{ layer, head }, design, unit, effect, mark];
        }),
      ),
    ),
  };
}

function fingerprintMatrices(result: FingerprintResult): Matrices {
  const { heads, model } = result;
  const matrices = heads.map(({ layer, head, cells }) => ({
    title: headName({ layer, head }),
    rows: FINGERPRINT_DESIGNS,
    columns: FINGERPRINT_UNITS,
    values: FINGERPRINT_DESIGNS.map((design) =>
      FINGERPRINT_UNITS.map((unit) => cells[design][unit].effect),
    ),
  }));
  return {
    title: `Fingerprints: ${pictureName(model.id)}`,
    subtitle: pictureLines(result),
    matrices,
    rowName: "design: which copies are corrupted",
    columnName: "unit: what is patched",
    scale: divergingScale(matrices.flatMap(({ values }) => values)),
    scaleLabel: "effect on the centred target logit; 1 restores all of it",
    description: heads
      .map(
        ({ layer, head, matches }) =>
          `${headName({ layer, head })} ${matches ? "matches" : "does not match"}.`,
      )
      .join(" "),
  };
}
