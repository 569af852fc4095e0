/** @file Colours of cells, from the same ramps as the pictures of the command line. */
import { THEMES } from "induction-lens/report";

export type Rgb = readonly [number, number, number];

/** The ramp of scores, from the background at 0 to 1. */
export function sequential(dark: boolean): readonly Rgb[] {
  return THEMES[dark ? "dark" : "light"].sequential.map(channels);
}

/** The ramp of changes: orange below 0, the background at 0, purple above. */
export function diverging(dark: boolean): readonly Rgb[] {
  return THEMES[dark ? "dark" : "light"].diverging.map(channels);
}

/** The ramp's colour at `value`, from 0 to 1. */
export function rampColour(ramp: readonly Rgb[], value: number): Rgb {
  const at = Math.min(1, Math.max(0, value)) * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(at));
  const [from, to] = [ramp[low]!, ramp[low + 1]!];
  return from.map((one, index) => Math.round(one + (to[index]! - one) * (at - low))) as never;
}

/** The style of a cell: its colour, and black or white for text on it, by luminance. */
export function cellStyle(ramp: readonly Rgb[], value: number) {
  const rgb = rampColour(ramp, value);
  return {
    backgroundColor: `rgb(${rgb.join(", ")})`,
    color: luminance(rgb) > 0.179 ? "#000" : "#fff",
  };
}

function channels(hex: string): Rgb {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16)) as never;
}

/** Relative luminance by WCAG 2.2; above 0.179 black has the higher contrast. */
function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((one) => {
    const part = one / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
