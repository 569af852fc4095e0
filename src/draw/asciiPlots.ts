/** @file Plots of attention and scores in plain ASCII, for terminals, logs and notebooks. */
import { InputError } from "../base/errors.ts";
import { shapeOf, type Tensor } from "../base/tensor.ts";

const SHADES = " .:-=+*#%@";
const BAR = 10;

/**
 * A bar of 10 characters: `[########--]` for .823.
 *
 * @param value clamped to 0 ... 1
 */
export function asciiBar(value: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, value || 0)) * BAR);
  return `[${"#".repeat(filled)}${"-".repeat(BAR - filled)}]`;
}

/** `L05H07`: layer and head with two digits at least. */
export function paddedHeadName({
  layer,
  head,
}: {
  readonly layer: number;
  readonly head: number;
}): string {
  return `L${String(layer).padStart(2, "0")}H${String(head).padStart(2, "0")}`;
}

/**
 * An attention pattern as a grid: queries down, keys to the right, ` ` for 0 to `@` for 1.
 *
 * @param pattern attention weights, axes [query, key]
 * @param options width: most columns; larger patterns are drawn in blocks, each as its largest weight. Default 64. labels:
 *   what stands before each row in place of its number, where rows are not in blocks
 * @throws {InputError} "shape" for other axes
 */
export function plotAttentionPattern(
  pattern: Tensor,
  { width = 64, labels }: { readonly width?: number; readonly labels?: readonly string[] } = {},
): string {
  const [queries, keys] = shapeOf(pattern, ["query", "key"]);
  const block = Math.max(1, Math.ceil(Math.max(queries, keys) / Math.max(1, width)));
  const label = (row: number) => (block === 1 ? labels?.[row] : undefined) ?? `${row * block}`;
  const rows = Array.from({ length: Math.ceil(queries / block) }, (_, row) => {
    const cells = Array.from({ length: Math.ceil(keys / block) }, (__, column) =>
      shade(largest(pattern, row * block, column * block, block)),
    );
    return `${label(row).padStart(5)} |${cells.join("")}|`;
  });
  const scale = block === 1 ? "" : `, a character is ${block} x ${block} weights (the largest)`;
  return `${[`query down, key to the right${scale}`, ...rows, `shades: "${SHADES}" is 0 to 1`].join("\n")}\n`;
}

/** A head with the score that is plotted. */
export interface PlottedHead {
  readonly layer: number;
  readonly head: number;
  readonly overall: number;
}

/**
 * Heads as bars, highest first: `L05H07: 0.823 [########--]`.
 *
 * @param options count: most heads, default 20
 */
export function plotHeadScores(
  heads: readonly PlottedHead[],
  { count = 20 }: { readonly count?: number } = {},
): string {
  const best = heads.toSorted((head, other) => other.overall - head.overall).slice(0, count);
  return best.map((head) => `${scoreLine(head)}\n`).join("");
}

/** `L05H07: 0.823 [########--]`. */
export function scoreLine(head: PlottedHead): string {
  return `${paddedHeadName(head)}: ${head.overall.toFixed(3)} ${asciiBar(head.overall)}`;
}

/**
 * How much attention the second copy pays at each distance that means something, and where the induction stripe is.
 *
 * For distance d: mean over q = start + S ... start + 2S - 1 of A[q, q - d], S = period. The stripe of induction is d = S - 1;
 * d = S is that of duplicate-token heads.
 *
 * @param pattern attention weights, axes [query, key]
 * @param layout period in tokens; start is 1 after BOS, default 0
 * @throws {InputError} "range" unless two copies fit
 */
export function plotInductionStripe(
  pattern: Tensor,
  { period, start = 0 }: { readonly period: number; readonly start?: number },
): string {
  const [queries, keys] = shapeOf(pattern, ["query", "key"]);
  const fits = Number.isInteger(period) && period >= 2 && start + 2 * period <= queries;
  if (!fits || queries !== keys) {
    const got = `period ${period} and start ${start} in ${queries} x ${keys}`;
    throw new InputError("range", `the induction stripe needs two copies, got ${got}`);
  }
  const distances = [0, 1, period - 2, period - 1, period, period + 1];
  const stripe = [...new Set(distances)].filter((distance) => distance <= start + period);
  const lines = stripe.map((distance) => {
    const weight = stripeMean(pattern, start + period, period, distance);
    const label = `distance ${String(distance).padStart(String(period + 1).length)}`;
    return `${label} ${weight.toFixed(3)} ${asciiBar(weight)}${meaning(distance, period)}\n`;
  });
  return lines.join("");
}

function meaning(distance: number, period: number): string {
  if (distance === period - 1) return distance === 1 ? " induction, previous token" : " induction";
  if (distance === period) return " duplicate token";
  if (distance === 1) return " previous token";
  return distance === 0 ? " current token" : "";
}

function stripeMean(
  { data, shape }: Tensor,
  first: number,
  rows: number,
  distance: number,
): number {
  let sum = 0;
  for (let query = first; query < first + rows; query++) {
    sum += data[query * shape[1]! + query - distance]!;
  }
  return sum / rows;
}

function largest({ data, shape }: Tensor, row: number, column: number, block: number): number {
  const [queries, keys] = shape as readonly [number, number];
  let most = 0;
  for (let query = row; query < Math.min(queries, row + block); query++) {
    for (let key = column; key < Math.min(keys, column + block); key++) {
      most = Math.max(most, data[query * keys + key]!);
    }
  }
  return most;
}

function shade(weight: number): string {
  const level = Math.round(Math.min(1, weight) * (SHADES.length - 1));
  return SHADES[level]!;
}
