/** @file Colours of cells, from the same ramp as the pictures of the command line. */
export interface CellColour {
  readonly background: string;
  readonly text: string;
}

/** The ramp's colour at `value`, from 0 to 1, and black or white for text on it, by luminance. */
export function cellColour(ramp: readonly string[], value: number): CellColour {
  const at = Math.min(1, Math.max(0, value)) * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(at));
  const [from, to] = [channels(ramp[low]!), channels(ramp[low + 1]!)];
  const rgb = from.map((one, index) => Math.round(one + (to[index]! - one) * (at - low)));
  return { background: `rgb(${rgb.join(", ")})`, text: luminance(rgb) > 0.179 ? "#000" : "#fff" };
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

/** Relative luminance by WCAG 2.2; above 0.179 black has the higher contrast. */
function luminance(rgb: readonly number[]): number {
  const [red, green, blue] = rgb.map((one) => {
    const part = one / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
