import { Window } from "happy-dom";
import { describe, expect, test } from "vitest";
import { barChart, type BarChart } from "../../src/draw/bars.ts";
import { seriesStyle, MOST_SERIES } from "../../src/draw/key.ts";
import { lineChart, type LineChart } from "../../src/draw/lines.ts";
import { drawnSvg } from "../../src/draw/svg.ts";
import { THEMES } from "../../src/draw/theme.ts";

function parseSvg(svg: string) {
  const root = new Window().document;
  root.write(svg);
  const all = (selector: string) => [...root.querySelectorAll(selector)];
  return { all, texts: all("text").map((text) => text.textContent) };
}

const line = (name: string, count = 5) => ({
  name,
  points: Array.from({ length: count }, (_, x) => ({ x: x + 1, y: 2 * x, low: x, high: 3 * x })),
});
const lines: LineChart = {
  title: "Loss",
  subtitle: ["model"],
  lines: [line("first copy"), line("second <copy>\u0007")],
  x: { label: "step" },
  y: { label: "loss (nats)" },
  references: [{ value: 3, label: "unigram" }],
  description: "Losses over steps.",
};
const drawnLines = (chart: LineChart) => drawnSvg((document) => lineChart(chart, document));

describe("lineChart(chart, document)", () => {
  test("names lines, axes and references, and draws a band and a symbol at each point", () => {
    const { all, texts } = parseSvg(drawnLines(lines));
    for (const text of ["first copy", "second <copy>\\u{7}", "step", "loss (nats)", "unigram"]) {
      expect(texts).toContain(text);
    }
    expect(all('[aria-label="area"] path')).toHaveLength(2);
    expect(all('[aria-label="line"] path')).toHaveLength(2);
    expect(all('[aria-label="dot"] > *')).toHaveLength(10);
  });

  test("thins the symbols of long lines and leaves out bands where there is no interval", () => {
    const long = line("long", 500);
    const points = long.points.map(({ x, y }) => ({ x, y, low: null, high: null }));
    const { all } = parseSvg(drawnLines({ ...lines, lines: [{ ...long, points }] }));
    expect(all('[aria-label="dot"] > *').length).toBeLessThanOrEqual(24);
    expect(all('[aria-label="area"] path')).toHaveLength(0);
  });

  test("gives the same bytes for the same chart", () => {
    expect(drawnLines(lines)).toBe(drawnLines(lines));
  });

  test("refuses too many lines, lines without points, and numbers that cannot be drawn", () => {
    expect(() => drawnLines({ ...lines, lines: [] })).toThrow("needs 1 to 16 lines, got 0");
    const many = Array.from({ length: MOST_SERIES + 1 }, (_, index) => line(String(index)));
    expect(() => drawnLines({ ...lines, lines: many })).toThrow("got 17");
    expect(() => drawnLines({ ...lines, lines: [{ name: "a", points: [] }] })).toThrow("line a");
    const bad = [{ name: "a", points: [{ x: 1, y: NaN }] }];
    expect(() => drawnLines({ ...lines, lines: bad })).toThrow("needs finite numbers");
    expect(() => drawnLines({ ...lines, y: { label: "loss", log: true } })).toThrow(
      "positive ones",
    );
  });
});

describe("seriesStyle(theme, index)", () => {
  test("differs in more than colour for every series", () => {
    for (const theme of Object.values(THEMES)) {
      const styles = Array.from({ length: MOST_SERIES }, (_, index) => seriesStyle(theme, index));
      const shapes = styles.map(({ symbol, strokeDasharray }) => `${symbol} ${strokeDasharray}`);
      expect(new Set(shapes).size).toBe(MOST_SERIES);
    }
  });
});

const bars: BarChart = {
  title: "Ablation",
  subtitle: ["model"],
  bars: [
    { name: "18.6", value: 0.93, low: 0.85, high: 1.01 },
    { name: "24.4", value: -0.2, low: -0.28, high: -0.12 },
    { name: "<b>\u001b".repeat(30), value: 0.5, low: null, high: null },
  ],
  valueLabel: "change of the loss (nats)",
  reference: { value: 0.1, label: "random heads" },
  description: "Effects.",
};
const drawnBars = (chart: BarChart) => drawnSvg((document) => barChart(chart, document));

describe("barChart(chart, document)", () => {
  test("has a bar for each entry, an interval where there is one, and both in words", () => {
    const { all, texts } = parseSvg(drawnBars(bars));
    expect(all('[aria-label="bar"] rect')).toHaveLength(3);
    expect(all('[aria-label="tick"] line')).toHaveLength(4);
    for (const text of ["18.6", ".93 [.85, 1.01]", "−.20 [−.28, −.12]", ".50", "random heads"]) {
      expect(texts).toContain(text);
    }
    expect(texts.join("")).not.toMatch(/\u001b/);
  });

  test("draws bars that are all zero, and refuses none or NaN", () => {
    const zero = { name: "0.0", value: 0, low: 0, high: 0 };
    expect(
      parseSvg(drawnBars({ ...bars, bars: [zero], reference: { value: 1, label: "null" } })).texts,
    ).toContain(".00 [.00, .00]");
    expect(() => drawnBars({ ...bars, bars: [] })).toThrow("a bar chart needs bars, got none");
    expect(() => drawnBars({ ...bars, bars: [{ ...zero, value: NaN }] })).toThrow("bar 0.0 needs");
  });
});
