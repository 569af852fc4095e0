/**
 * @file Colours of cells on a terminal, by how many it can show. picocolors, which colours the other text, has 16; ansi-styles
 * rounds each channel to the cube of 256 colours and takes greys only where channels are equal, this takes the nearest of all.
 */
import { rgbOf, textOn, type Rgb } from "./ramp.ts";

/** Bits of colour, as a stream's `getColorDepth()` counts them: 1 none, 4 sixteen colours, 8 256, 24 all. */
export type ColourDepth = 1 | 4 | 8 | 24;

export const RESET = "\u001b[0m";

/** The escape sequence for `background` with readable text on it; nothing where a terminal has too few colours. */
export function cellColour(background: Rgb, depth: ColourDepth, bold = false): string {
  const weight = bold ? "1;4;" : "";
  const text = rgbOf(textOn(background));
  if (depth === 24) return `\u001b[${weight}38;2;${text.join(";")};48;2;${background.join(";")}m`;
  if (depth === 8)
    return `\u001b[${weight}38;5;${nearest256(text)};48;5;${nearest256(background)}m`;
  return bold && depth === 4 ? "\u001b[1;4m" : "";
}

/** The nearest of the 6 x 6 x 6 cube and the 24 greys that 256-colour terminals agree on. */
export function nearest256(rgb: Rgb): number {
  let best = 16;
  for (let code = 16; code < 256; code++) {
    if (distance(rgb, colour256(code)) < distance(rgb, colour256(best))) best = code;
  }
  return best;
}

const CUBE = [0, 95, 135, 175, 215, 255];

/** What code 16 to 255 looks like. */
export function colour256(code: number): Rgb {
  if (code >= 232) {
    const grey = 8 + (code - 232) * 10;
    return [grey, grey, grey];
  }
  const place = code - 16;
  return [CUBE[Math.floor(place / 36)]!, CUBE[Math.floor(place / 6) % 6]!, CUBE[place % 6]!];
}

function distance(rgb: Rgb, other: Rgb): number {
  return rgb.reduce((sum, channel, index) => sum + (channel - other[index]!) ** 2, 0);
}
