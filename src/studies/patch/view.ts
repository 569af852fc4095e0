/** @file What `patch` and fingerprints show. */
import { FINGERPRINT_DESIGNS, FINGERPRINT_UNITS } from "../../results/causalNames.ts";
import { type Components } from "../../results/pair.ts";
import { type FingerprintResult, type PatchResult } from "./result.ts";
import type { HeadMap } from "../../draw/headMap.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { share } from "../../draw/numbers.ts";
import type { Theme } from "../../draw/theme.ts";
import {
  aboutLines,
  divergingScale,
  tableText,
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
} as const;

export function patchView(result: PatchResult): StudyView {
  const { metric, mode, unit, pair, important } = result;
  const numbers = `${metric.name}: clean ${tableText(metric.clean)}, corrupted ${tableText(metric.corrupted)}`;
  const way =
    mode === "denoise"
      ? "clean values put into the corrupted run; effect 1 restores all of the difference"
      : "corrupted values put into the clean run; effect 1 destroys all of it";
  return {
    title: `Activation patching of ${unit}: ${result.model.id}`,
    lines: [...aboutLines(result), `corrupted: ${DESIGN_WORDS[pair.design]}`, way, numbers],
    sentences: [patchSentence(result)],
    map: result.heads ? null : patchMap(result),
    ...(result.heads && { pictures: [headsPicture(result, result.heads)] }),
    tables: [
      {
        caption: `Effects of at least ${share(result.threshold)} in size`,
        columns: ["component", "effect", "low", "high"],
        rows: important.map((one) => [nameOf(one), one.effect, one.low, one.high]),
      },
      componentTable(result),
    ],
    csv: () => componentTable(result),
    warnings: result.warnings,
  };
}

function nameOf({ layer, head, position, key }: PatchResult["important"][number]): string {
  const component = head === null ? `layer ${layer}` : `${layer}.${head}`;
  if (key !== null) return `${component} from query ${position} to key ${key}`;
  return position === null ? component : `${component} at ${position}`;
}

function patchSentence({ important, effects, threshold, mode }: PatchResult): string {
  if (effects === null) return "Only the metric of each run was asked for.";
  const [first, second] = important;
  if (!first) return `No component has an effect of ${share(threshold)} or more.`;
  const does = mode === "denoise" ? "restores" : "destroys";
  const next = second ? `; next is ${nameOf(second)} with ${share(second.effect)}` : "";
  return `${nameOf(first)} alone ${does} ${share(first.effect)} of the difference${next}.`;
}

/** Every component with its numbers, in their order. */
function componentTable({ axes, heads, values, effects, intervals }: PatchResult): StudyTable {
  const flat = leaves(values);
  const shares = effects === null ? null : leaves(effects);
  const ends = intervals?.flat() ?? null;
  return {
    caption: "Every component",
    columns: [...axes, "value", "effect", "low", "high"],
    rows: flat.map(({ at, value }, index) => [
      ...(heads ? [heads[at[0]!]!, ...at.slice(1)] : at),
      value,
      shares?.[index]!.value ?? null,
      ends?.[index]?.[0] ?? null,
      ends?.[index]?.[1] ?? null,
    ]),
  };
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
    subtitle: aboutLines(result),
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

/** Chosen heads: a matrix [query, key] for each of the first three, or one with a row for each head. */
function headsPicture(result: PatchResult, heads: readonly string[]) {
  const { effects, values, axes, unit, metric } = result;
  const numbers = effects ?? values;
  const cells = axes.includes("key");
  const flat = leaves(numbers).map(({ value }) => value);
  const counted = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  const rows = numbers as number[][];
  const byHead = rows.map((row) => (Array.isArray(row) ? row : [row]));
  const picture: Matrices = {
    title: `Patching ${unit}`,
    subtitle: aboutLines(result),
    matrices: cells
      ? (numbers as number[][][]).slice(0, 3).map((matrix, index) => ({
          title: heads[index]!,
          rows: counted(matrix.length),
          columns: counted(matrix.length),
          values: matrix,
        }))
      : [{ title: "", rows: heads, columns: counted(byHead[0]!.length), values: byHead }],
    rowName: cells ? "query" : "head",
    columnName: cells ? "key" : axes.includes("position") ? "position" : "all positions",
    scale: divergingScale([flat]),
    scaleLabel: effects ? `effect on ${metric.name}` : metric.name,
    description: patchSentence(result),
  };
  return {
    label: picture.title,
    draw: async () => {
      const { matrices } = await import("../../draw/matrices.ts");
      return (document: Document, theme: Theme) => matrices(picture, document, theme);
    },
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
        ? `${layer}.${head} has the fingerprint of an induction head.`
        : aboveNull
          ? `${layer}.${head} does not have the fingerprint of an induction head.`
          : `${layer}.${head} has no fingerprint: its output effect is not above that of random heads.`,
    ),
    map: null,
    tables: [
      {
        caption: "Corruption x what is patched",
        columns: ["head", "design", ...FINGERPRINT_UNITS],
        rows: result.heads.flatMap(({ layer, head, cells }) =>
          FINGERPRINT_DESIGNS.map((design) => [
            `${layer}.${head}`,
            design,
            ...FINGERPRINT_UNITS.map((unit) => {
              const { effect, mark } = cells[design][unit];
              return `${share(effect)} ${MARKS[mark]}`;
            }),
          ]),
        ),
      },
    ],
    warnings: result.warnings,
  };
}
