/** @file The most that a head of the first layer can make of numbers, one for each part of its attention. */
import { LEAST, UNIT } from "./enclosure.ts";
import type { Shares } from "./shares.ts";

/** Numbers for the query itself, the token before, BOS and the rest; the last is the largest that any of the rest has. */
export function mostOf(
  { mid, rad }: Shares,
  start: number,
  itself: number,
  before: number,
  bos: number,
  rest: number,
): number {
  let most = -Infinity;
  for (let at = start; at < start + 8; at += 4) {
    const [a, b] = [mid[at]! * itself, mid[at + 1]! * before];
    const [c, d] = [mid[at + 2]! * bos, mid[at + 3]! * rest];
    const radius =
      rad[at]! * Math.abs(itself) +
      rad[at + 1]! * Math.abs(before) +
      rad[at + 2]! * Math.abs(bos) +
      rad[at + 3]! * Math.abs(rest);
    const size = Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(d);
    most = Math.max(most, a + b + c + d + radius + (size + radius) * 16 * UNIT + LEAST);
  }
  return most;
}

/** The least: as {@link mostOf}, the last number being the smallest that any of the rest has. */
export function leastOf(
  shares: Shares,
  start: number,
  itself: number,
  before: number,
  bos: number,
  rest: number,
): number {
  return -mostOf(shares, start, -itself, -before, -bos, -rest);
}
