/** @file Values to colours, and the colour of text that can be read on them (WCAG 2 relative luminance). */
import { rgb } from "d3-color";
import { interpolateRgb, piecewise } from "d3-interpolate";

/** Channels as integers, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A colour for each fraction: 0 is the beginning, 1 the end; outside is clamped, NaN is the beginning. */
export type Ramp = (fraction: number) => Rgb;

/** The way along `anchors`, evenly spaced and mixed in sRGB. */
export function ramp(anchors: readonly string[]): Ramp {
  const mixed = piecewise(interpolateRgb, [...anchors]);
  return (fraction) => rgbOf(mixed(Math.min(1, Math.max(0, fraction || 0))));
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

/** A colour of CSS, such as `#rrggbb`, as channels. */
export function rgbOf(colour: string): Rgb {
  const { r, g, b } = rgb(colour);
  return [r, g, b];
}

/** Channels as `#rrggbb`. */
export function hexOf([red, green, blue]: Rgb): string {
  return rgb(red, green, blue).formatHex();
}

function luminance(channels: Rgb): number {
  const [red, green, blue] = channels.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
