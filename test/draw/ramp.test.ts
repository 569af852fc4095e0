import { describe, expect, test } from "vitest";
import { contrast, hexOf, ramp, rgbOf, textOn } from "../../src/draw/ramp.ts";
import { THEMES } from "../../src/draw/theme.ts";

const themes = Object.values(THEMES);
const fractions = Array.from({ length: 1001 }, (_, index) => index / 1000);

/** Lightness of CIELAB, 0 to 100, from relative luminance. */
function lightness(rgb: readonly [number, number, number]): number {
  const luminance = contrast(rgb, [0, 0, 0]) * 0.05 - 0.05;
  return luminance > 0.008856 ? 116 * Math.cbrt(luminance) - 16 : 903.3 * luminance;
}

describe("the ramps of both themes", () => {
  test("leave text on every colour a contrast of at least 4.5", () => {
    for (const theme of themes) {
      for (const anchors of [theme.sequential, theme.diverging]) {
        const colourOf = ramp(anchors);
        for (const fraction of fractions) {
          const background = colourOf(fraction);
          expect(contrast(rgbOf(textOn(background)), background)).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });

  test("have zero next to the panel and change lightness in one direction from there", () => {
    for (const theme of themes) {
      const half = Math.floor(theme.diverging.length / 2);
      const arms = [
        theme.sequential,
        theme.diverging.slice(half),
        theme.diverging.slice(0, half + 1).reverse(),
      ];
      for (const arm of arms) {
        expect(contrast(rgbOf(arm[0]!), rgbOf(theme.panel))).toBeLessThan(1.15);
        const direction = theme.name === "light" ? -1 : 1;
        const steps = fractions.filter((_, index) => index % 10 === 0);
        const values = steps.map((fraction) => direction * lightness(ramp(arm)(fraction)));
        expect(values).toEqual([...values].sort((first, other) => first - other));
      }
    }
  });

  test("have sequential steps of equal lightness within a fifth of the mean step", () => {
    for (const { sequential } of themes) {
      const values = sequential.map((colour) => lightness(rgbOf(colour)));
      const mean = Math.abs(values.at(-1)! - values[0]!) / (values.length - 1);
      for (let index = 1; index < values.length; index++) {
        const step = Math.abs(values[index]! - values[index - 1]!);
        expect(Math.abs(step - mean)).toBeLessThan(mean / 5);
      }
    }
  });
});

describe("themes", () => {
  test("have text of at least 7:1 on the panel, and marks of at least 4.5:1", () => {
    for (const theme of themes) {
      const on = (colour: string) => contrast(rgbOf(colour), rgbOf(theme.panel));
      expect(on(theme.text)).toBeGreaterThanOrEqual(7);
      expect(on(theme.secondText)).toBeGreaterThanOrEqual(7);
      for (const mark of theme.marks) expect(on(mark)).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe("ramp(anchors)", () => {
  test("hits the anchors, mixes between them and clamps outside", () => {
    const anchors = ["#000000", "#0000ff", "#ffffff"];
    const colourOf = (fraction: number) => hexOf(ramp(anchors)(fraction));
    expect([0, 0.5, 1].map((fraction) => colourOf(fraction))).toEqual(anchors);
    expect(colourOf(0.25)).toBe("#000080");
    expect(colourOf(-3)).toBe("#000000");
    expect(colourOf(7)).toBe("#ffffff");
    expect(colourOf(NaN)).toBe("#000000");
  });
});
