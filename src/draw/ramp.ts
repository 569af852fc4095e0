/**
 * @file Values to colours, and the colour of text that can be read on them (WCAG 2 relative luminance). Mixing is our own, as
 * d3-interpolate and d3-color are 6 kB gzip of what the explorer's readers wait for at first.
 */

/** Channels as integers, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A colour for each fraction: 0 is the beginning, 1 the end; outside is clamped, NaN is the beginning. */
export type Ramp = (fraction: number) => Rgb;

/** The way along `anchors`, `#rrggbb`, evenly spaced and mixed in sRGB. */
export function ramp(anchors: readonly string[]): Ramp {
  const colours = anchors.map(rgbOf);
  return (fraction) => {
    const place = Math.min(1, Math.max(0, fraction || 0)) * (colours.length - 1);
    const index = Math.min(colours.length - 2, Math.floor(place));
    const [from, to] = [colours[index]!, colours[index + 1]!];
    const mix = (channel: 0 | 1 | 2) =>
      Math.round(from[channel] + (to[channel] - from[channel]) * (place - index));
    return [mix(0), mix(1), mix(2)];
  };
}

/** Black or white, whichever stands out more on `background`: at least 4.58:1 on any colour. */
export function textOn(background: Rgb): "#000000" | "#ffffff" {
  return contrast(background, [0, 0, 0]) >= contrast(background, [255, 255, 255])
    ? "#000000"
    : "#ffffff";
}

/** WCAG 2 contrast ratio of two colours, 1 to 21. */
export function contrast(rgb: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(rgb), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

/** `#rrggbb` as channels. */
export function rgbOf(hex: string): Rgb {
  const bits = Number.parseInt(hex.slice(1), 16);
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255];
}

/** Channels as `#rrggbb`. */
export function hexOf(rgb: Rgb): string {
  return `#${rgb.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function luminance(channels: Rgb): number {
  const [red, green, blue] = channels.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
