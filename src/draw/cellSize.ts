/** @file How large the cells of a head map are, and what they can carry. Pixels of a screen; PNG has twice as many. */
import { widthOf } from "./wrap.ts";

export interface CellSize {
  readonly width: number;
  readonly height: number;
  /** Between neighbours. */
  readonly gap: number;
  /** Font size of the values, 0 if none fits. */
  readonly font: number;
  readonly axisFont: number;
  /** So many cells that values near zero are better not written. */
  readonly sparse: boolean;
}

const AIM = { width: 720, height: 640 };
const LEAST_FONT = 7.5;

/** Cells for a map of layers x heads with these texts: 2 x 4 is not lost on the page, 48 x 64 can still be read. */
export function cellSize(layers: number, heads: number, texts: readonly string[]): CellSize {
  const many = Math.max(layers, heads) > 80;
  const height = between(AIM.height / layers, many ? 11 : 18, 46);
  const width = between(AIM.width / heads, many ? 12 : 25, Math.min(84, 2 * height));
  const gap = Math.min(width, height) < 14 ? 0 : 1;
  const longest = Math.max(...texts.map(widthOf), 1);
  const font = Math.min(height * 0.58, (width - gap - 3) / longest, 14);
  return {
    width,
    height,
    gap,
    font: font < LEAST_FONT ? 0 : Math.floor(font * 2) / 2,
    axisFont: between(height * 0.62, 9.5, 12),
    sparse: layers * heads > 600,
  };
}

function between(value: number, least: number, most: number): number {
  return Math.round(Math.min(most, Math.max(least, value)) * 2) / 2;
}
