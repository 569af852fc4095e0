/** @file Where the ticks of a chart are and what they say, in pictures and on the page. */
import { ticks } from "d3-array";

const MOST_WHOLE = 8;

/** Round whole numbers from the least value to the largest. */
export function wholeTicks(least: number, most: number, count = MOST_WHOLE): number[] {
  return ticks(least, most, count).filter(Number.isInteger);
}

/** What stands at a tick. */
export function tickText(value: number): string {
  return value.toLocaleString("en-GB", { maximumSignificantDigits: 6 });
}
