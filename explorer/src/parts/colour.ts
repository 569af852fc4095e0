/** @file Colours of cells: the ramps of the library's pictures, in the theme of the page. */
import { ramp, textOn, THEMES, type Ramp, type Theme } from "induction-lens/report";

const rampsOf = ({ sequential: up, diverging: both }: Theme) => ({
  sequential: ramp(up),
  diverging: ramp(both),
});
const RAMPS = { light: rampsOf(THEMES.light), dark: rampsOf(THEMES.dark) };

/** The ramp of scores, from the background at 0 to 1. */
export function sequential(dark: boolean): Ramp {
  return RAMPS[dark ? "dark" : "light"].sequential;
}

/** The ramp of changes: orange at 0, the background in the middle, purple at 1. */
export function diverging(dark: boolean): Ramp {
  return RAMPS[dark ? "dark" : "light"].diverging;
}

/** The colour of a number from -bound to bound: orange below 0, purple above. */
export function signedColour(dark: boolean, bound: number): (value: number) => string {
  const colourOf = diverging(dark);
  return (value) => `rgb(${colourOf((value / bound + 1) / 2).join(", ")})`;
}

/** The style of a cell: its colour, and black or white for text on it. */
export function cellStyle(colourOf: Ramp, value: number) {
  const rgb = colourOf(value);
  return { backgroundColor: `rgb(${rgb.join(", ")})`, color: textOn(rgb) };
}

/** A cell of two halves: an earlier value above, the present one below, each with the colour of its text. */
export function splitStyle(colourOf: Ramp, before: number, value: number) {
  const [was, is] = [cellStyle(colourOf, before), cellStyle(colourOf, value)];
  return {
    cell: {
      background: `linear-gradient(to bottom, ${was.backgroundColor} 50%, ${is.backgroundColor} 50%)`,
      color: is.color,
    },
    was: { color: was.color },
  };
}
