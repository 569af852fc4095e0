/** @file A score-patterns Result as text for a terminal: per convention the best heads, then the map of the primary one. */
import { createColors } from "picocolors";
import type { PatternsResult } from "./result.ts";
import { intervalText, share } from "../../draw/numbers.ts";
import { plural } from "../score/viewWords.ts";
import { terminalMap } from "../../draw/terminalMap.ts";
import { columnsOf, visible } from "../../draw/visible.ts";
import { wrap } from "../../draw/wrap.ts";

export interface PatternsTextOptions {
  /** Default false. */
  readonly colour?: boolean | undefined;
  /** Columns of the terminal, 40 or more. Default 80. */
  readonly width?: number | undefined;
}

const BEST = 3;

/** What was measured, the sentence in words, conventions with their best heads, the map, warnings. */
export function patternsText(result: PatternsResult, options: PatternsTextOptions = {}): string {
  const { colour = false } = options;
  const width = Math.max(40, options.width ?? 80);
  const paint = createColors(colour);
  const prose = (text: string) => wrap(visible(text), width, columnsOf);
  const lines = [
    ...prose(attentionWords(result)).map(paint.bold),
    "",
    ...prose(result.verdictInWords),
    ...result.top.map(topLine),
    ...prose(thresholdWords(result)),
    "",
    paint.bold("Conventions with their null and ceiling, and the heads that score most"),
    ...result.conventions.flatMap((convention) => conventionLines(convention, result, width)),
    ...mapLines(result, width, colour, paint.bold),
    ...result.notMeasured.flatMap(({ convention, why }) =>
      prose(`not measured: ${convention}: ${why}`),
    ),
    ...result.warnings.flatMap((warning) => prose(`warning: ${warning}`).map(paint.yellow)),
  ];
  return `${lines.join("\n")}\n`;
}

/** `attention.npz · mask causal · 12 layers × 12 heads · 100 sequences of 65 tokens · period 32`. */
export function attentionWords({ attention, input }: PatternsResult): string {
  const { name, mask, layers, heads, examples, queries, keys } = attention;
  const size = queries === keys ? `${queries} tokens` : `${queries} queries and ${keys} keys`;
  const period = input.period === null ? "" : ` · period ${input.period}`;
  return `${name} · mask ${mask} · ${plural(layers.length, "layer")} × ${plural(heads, "head")} · ${plural(examples, "sequence")} of ${size}${period}`;
}

function topLine({ layer, head, score, low, high }: PatternsResult["top"][number]): string {
  const interval = low === null || high === null ? "" : `   ${intervalText([low, high])}`;
  return `${`${layer}.${head}`.padStart(8)}${share(score).padStart(8)}${interval}`;
}

function thresholdWords({ thresholds, primary, conventions, top }: PatternsResult): string {
  if (top.length === 0) return "";
  const values = conventions.find(({ convention }) => convention === primary)!.values.flat();
  const above = (threshold: number) => values.filter((value) => (value ?? 0) >= threshold).length;
  const { fixed, gap } = thresholds;
  const byGap =
    gap === null
      ? "no gap above .1"
      : `largest gap at ${share(gap)} (${plural(above(gap), "head")})`;
  return `thresholds: fixed ${share(fixed)} (${plural(above(fixed), "head")}); ${byGap}; from the null: needs a control run`;
}

/** One line where it fits, else the name above the numbers. */
function conventionLines(
  { convention, null: floor, ceiling, values }: PatternsResult["conventions"][number],
  { attention, conventions }: PatternsResult,
  width: number,
): string[] {
  const best = values
    .flatMap((heads, layer) =>
      heads.map((value, head) => ({ name: `${attention.layers[layer]}.${head}`, value })),
    )
    .sort((one, other) => (other.value ?? 0) - (one.value ?? 0))
    .slice(0, BEST)
    .map(({ name, value }) => `${name} ${share(value ?? NaN)}`);
  const longest = Math.max(...conventions.map((other) => other.convention.length));
  const numbers = `${share(floor).padStart(5)}${share(ceiling).padStart(5)}   ${best.join(" · ")}`;
  const line = `${convention.padEnd(longest)}${numbers}`;
  return columnsOf(line) <= width
    ? [line]
    : [convention, ...wrap(numbers.trim(), width, columnsOf)];
}

function mapLines(
  { conventions, primary, attention }: PatternsResult,
  width: number,
  colour: boolean,
  bold: (text: string) => string,
): string[] {
  const main = conventions.find(({ convention }) => convention === primary);
  if (!main) return [];
  const { layers } = attention;
  const inOrder = layers.every((layer, index) => layer === index);
  const numbers = inOrder ? "" : ` (rows are layers ${layers.join(", ")})`;
  const map = {
    values: main.values,
    scale: { kind: "sequential", bound: 1 } as const,
    marked: [],
  };
  return [
    "",
    ...wrap(`${primary} by head: layers down, heads to the right${numbers}`, width).map(bold),
    ...terminalMap(map, { depth: colour ? 24 : 1, width }),
  ];
}
