import { Resvg } from "@resvg/resvg-js";
import { Window } from "happy-dom";
import { describe, expect, test } from "vitest";
import type { HeadMap } from "../../src/draw/headMap.ts";
import { contrast, rgbOf } from "../../src/draw/ramp.ts";
import { scoreHeadMap } from "../../src/studies/score/view.ts";
import { headMapSvg } from "../../src/draw/svg.ts";
import { THEMES } from "../../src/draw/theme.ts";
import { scoreFixture, SHAPES } from "../studies/score/fixtures.ts";

const HOSTILE = `"><script>alert(1)</script>&nbsp;<!-- \u0007\u202e ]]> &#0; é 漢`;

/** The SVG as a document, and what its cells say. */
function parseSvg(svg: string) {
  const window = new Window();
  const root = new window.DOMParser().parseFromString(svg, "image/svg+xml");
  const all = (selector: string) => [...root.querySelectorAll(selector)];
  const cells = all("rect").filter((rect) => rect.querySelector("title") !== null);
  return { root, all, cells, texts: all("text").map((text) => text.textContent) };
}

/** Where the ink of a text is, in the coordinates of its parent. */
function inkOf(text: string) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="9000" font-family="Inter">${text}</svg>`;
  const fontFiles = ["fonts/Inter-Regular.ttf"];
  return new Resvg(svg, { font: { fontFiles, loadSystemFonts: false } }).innerBBox()!;
}

/** Only texts on cells are plain black or white. */
const isOnCell = (text: { getAttribute(name: string): string | null }) =>
  /^#(000000|ffffff)$/.test(text.getAttribute("fill") ?? "");

const diverging: HeadMap = {
  title: "Effect",
  subtitle: ["gpt2"],
  values: [
    [-2.5, 0, 1.25],
    [null, 2.5, -0.01],
  ],
  scale: { kind: "diverging", bound: 2.5 },
  scaleLabel: "change of the logit difference (nats)",
  description: "Effects by head.",
};

describe("headMapSvg(scoreHeadMap(result))", () => {
  test.each(SHAPES)("draws every head of %i x %i once, and names the axes", (layers, heads) => {
    const { cells, texts } = parseSvg(headMapSvg(scoreHeadMap(scoreFixture(layers, heads))));
    expect(cells).toHaveLength(layers * heads);
    expect(texts).toContain("head");
    expect(texts).toContain("layer");
    expect(texts).toContain(String(heads - 1));
    expect(texts).toContain(String(layers - 1));
  });

  test.each(SHAPES)(
    "writes the values of %i x %i heads, at 48 x 64 those from .05 on",
    (...shape) => {
      const result = scoreFixture(...shape);
      const values = result.scores.induction.flat();
      const { all, texts } = parseSvg(headMapSvg(scoreHeadMap(result)));
      const labels = all("text").filter(isOnCell);
      const sparse = values.length > 600;
      expect(labels).toHaveLength(values.filter((value) => !sparse || value >= 0.05).length);
      expect(texts.some((text) => text.includes("are not written"))).toBe(sparse);
    },
  );

  test("has title, model, settings, scale with its meaning and the score of uniform attention", () => {
    const { texts } = parseSvg(headMapSvg(scoreHeadMap(scoreFixture(12, 12))));
    const all = texts.join("\n");
    for (const part of [
      "Induction score by head",
      "gpt2 · family gpt2 · 12 layers × 12 heads · revision 607a30d7",
      "100 examples of 51 tokens · period 25 · BOS on · seed 0",
      "mean attention weight to the token after the previous copy (0 to 1)",
      "uniform attention scores .03",
      "top 5 heads",
    ]) {
      expect(all).toContain(part);
    }
  });

  test("puts layer 0 on top and head 0 on the left", () => {
    const { cells } = parseSvg(headMapSvg(scoreHeadMap(scoreFixture(3, 4))));
    const place = (name: string) => {
      const cell = cells.find((rect) => rect.textContent.startsWith(`${name}:`))!;
      return [Number(cell.getAttribute("x")), Number(cell.getAttribute("y"))] as const;
    };
    expect(place("0.0")[0]).toBeLessThan(place("0.3")[0]);
    expect(place("0.0")[1]).toBeLessThan(place("2.0")[1]);
  });

  test("outlines top heads, but none that scores no more than uniform attention", () => {
    const outlines = (svg: string) =>
      parseSvg(svg).all('g[fill="none"] rect, rect[fill="none"]').length;
    const with5 = outlines(headMapSvg(scoreHeadMap(scoreFixture(12, 12))));
    const with0 = outlines(
      headMapSvg(scoreHeadMap(scoreFixture(12, 12, { induction: () => 0.01 }))),
    );
    expect(with5 - with0).toBe(2 * 5 + 1); // halo and line of each, and the key
  });

  test("gives the same bytes for the same Result", () => {
    const map = () => headMapSvg(scoreHeadMap(scoreFixture(12, 12)));
    expect(map()).toBe(map());
  });

  test("is well-formed XML with a namespace, whatever the model is called", () => {
    const svg = headMapSvg(scoreHeadMap(scoreFixture(2, 4, { id: HOSTILE })));
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).not.toMatch(/<script|<!--|&(?!(amp|lt|gt|quot|apos|#160);)/);
    expect(svg).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const subtitle = parseSvg(svg).texts.join("");
    expect(subtitle).toContain("<script>alert(1)</script>&nbsp;<!--");
    expect(subtitle).toContain("\\u{7}\\u{202e}");
  });

  test("keeps every line of text inside the picture, as the shipped typeface draws it", () => {
    const ids = ["organisation/".repeat(100), "M".repeat(200), "gpt2", "GPT-J-6B_".repeat(30)];
    for (const id of ids) {
      const svg = headMapSvg(scoreHeadMap(scoreFixture(2, 4, { id })));
      const width = Number(/width="(\d+)"/.exec(svg)![1]);
      const lines = svg.match(/<text x="20"[^>]*>[^<]*<\/text>/g)!;
      expect(lines.length).toBeGreaterThanOrEqual(4);
      for (const line of lines) {
        const box = inkOf(line);
        expect(box.x + box.width).toBeLessThanOrEqual(width - 20);
      }
    }
  });

  test("writes black or white on each cell, with a contrast of at least 4.5", () => {
    for (const theme of Object.values(THEMES)) {
      const { all, cells } = parseSvg(headMapSvg(scoreHeadMap(scoreFixture(12, 12)), theme));
      const texts = all("text").filter(isOnCell);
      expect(texts).toHaveLength(144);
      texts.forEach((text, index) => {
        const background = rgbOf(cells[index]!.getAttribute("fill")!);
        expect(cells[index]!.textContent).toContain(text.textContent);
        expect(contrast(rgbOf(text.getAttribute("fill")!), background)).toBeGreaterThanOrEqual(4.5);
      });
    }
  });
});

describe("headMapSvg(map) with a diverging scale", () => {
  test("has the ends of the ramp at plus and minus the bound, and its middle at zero", () => {
    const { cells } = parseSvg(headMapSvg(diverging));
    const fills = cells.map((cell) => cell.getAttribute("fill"));
    const ramp = THEMES.light.diverging;
    expect([fills[0], fills[1], fills[3]]).toEqual([ramp[0], ramp[5], ramp[10]]);
  });

  test("writes signs, no minus zero, and a dash where there is no value", () => {
    const { cells, texts } = parseSvg(headMapSvg(diverging));
    expect(cells).toHaveLength(5);
    for (const text of ["−2.5", "1.3", "2.5", "–"]) expect(texts).toContain(text);
    expect(texts).not.toContain("−.0");
  });

  test("writes given texts in place of values", () => {
    const texts = [
      ["ind", "prev", "dup"],
      ["a", "b", "c"],
    ];
    expect(parseSvg(headMapSvg({ ...diverging, texts })).texts).toEqual(
      expect.arrayContaining(texts.flat()),
    );
  });

  test("draws layers with fewer heads than others, as hybrids have them", () => {
    const svg = headMapSvg({ ...diverging, values: [[0.4, 0.2, -0.7], [0.3]], texts: undefined });
    expect([...svg.matchAll(/<title>(\d\.\d): /g)].map(([, head]) => head)).toEqual([
      ...["0.0", "0.1", "0.2", "1.0"],
    ]);
  });

  test("refuses layers without heads, no rows, and a bound that is not positive", () => {
    expect(() => headMapSvg({ ...diverging, values: [[1, 2], []] })).toThrow(
      "a head map needs a value for every head of every layer, got values in rows of 2, 0",
    );
    expect(() => headMapSvg({ ...diverging, values: [] })).toThrow("rows of nothing");
    expect(() => headMapSvg({ ...diverging, texts: [["a"]] })).toThrow("and texts in rows of 1");
    const scale = { kind: "diverging", bound: 0 } as const;
    expect(() => headMapSvg({ ...diverging, scale })).toThrow("positive and finite bound");
  });
});
