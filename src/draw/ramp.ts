/** @file Values to colours, and the colour of text that can be read on them (WCAG 2 relative luminance). */

export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * The colour at `fraction` of the way along `anchors`, evenly spaced and mixed in sRGB.
 *
 * @param fraction 0 is the first anchor, 1 the last; outside is clamped, NaN is the first
 * @returns channels as integers, 0 to 255
 */
export function rampRgb(anchors: readonly string[], fraction: number): Rgb {
  const place = Math.min(1, Math.max(0, fraction || 0)) * (anchors.length - 1);
  const index = Math.min(anchors.length - 2, Math.floor(place));
  const from = rgbOf(anchors[index]!);
  const to = rgbOf(anchors[index + 1]!);
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (place - index));
  return [mix(0), mix(1), mix(2)];
}

/** The same as `#rrggbb`. */
export function rampColour(anchors: readonly string[], fraction: number): string {
  return hexOf(rampRgb(anchors, fraction));
}

/** Black or white, whichever stands out more on `background`: at least 4.58:1 on any colour. */
export function textOn(background: Rgb): "#000000" | "#ffffff" {
  return contrast(background, [0, 0, 0]) >= contrast(background, [255, 255, 255])
    ? "#000000"
    : "#ffffff";
}

/** WCAG 2 contrast ratio of two colours, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

/** `#rrggbb` as channels, 0 to 255. */
export function rgbOf(hex: string): Rgb {
  const bits = Number.parseInt(hex.slice(1), 16);
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255];
}

function hexOf(rgb: Rgb): string {
  return `#${rgb.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((channel) => {
    const share = channel / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
