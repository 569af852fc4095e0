import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { studyText, type StudyTextOptions } from "../../src/draw/studyText.ts";
import { scoreView } from "../../src/studies/score/view.ts";
import type { ScoreResult } from "../../src/studies/score/result.ts";
import { cellColour, colour256, nearest256 } from "../../src/draw/terminalColour.ts";
import { terminalMap } from "../../src/draw/terminalMap.ts";
import { columnsOf } from "../../src/draw/columns.ts";
import { tableNumber } from "../../src/draw/numbers.ts";
import { visible } from "../../src/draw/visible.ts";
import { scoreFixture, SHAPES } from "../studies/score/fixtures.ts";

const scoreText = (result: ScoreResult, options?: StudyTextOptions) =>
  studyText(scoreView(result), options);
const plain = (text: string) => stripVTControlCharacters(text).split("\n");

describe("studyText(scoreView(result), options)", () => {
  test.each(SHAPES)("keeps every line of %i x %i heads within the width", (...shape) => {
    const id = `org/${"long-name-".repeat(12)}漢字漢字`;
    const result = scoreFixture(...shape, { id, warnings: ["a warning ".repeat(30)] });
    for (const width of [40, 60, 80, 120, 400]) {
      for (const colour of [false, 4, 8, 24] as const) {
        const lines = plain(scoreText(result, { width, colour }));
        expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(width);
      }
    }
  });

  test("says the same with and without colour", () => {
    const result = scoreFixture(30, 9);
    expect(plain(scoreText(result, { colour: true }))).toEqual(plain(scoreText(result)));
    expect(plain(scoreText(result, { colour: 8 }))).toEqual(plain(scoreText(result)));
  });

  test("has no escape sequence at all without colour, and none longer than its line with it", () => {
    const result = scoreFixture(12, 12);
    expect(scoreText(result)).not.toContain("\u001b");
    for (const line of scoreText(result, { colour: 24 }).split("\n")) {
      const codes = line.match(/\u001b\[[\d;]*m/g) ?? [];
      expect(codes.at(-1) ?? "\u001b[0m").toMatch(/\[(0|22|39)m$/);
    }
  });

  test("prints the top heads with intervals, the losses, the sentence and the warnings", () => {
    const text = scoreText(scoreFixture(12, 12, { warnings: ["seq-len was shortened to 40"] }));
    for (const part of [
      "2.7      0.8339  0.8139  0.8539",
      "first copy 11.203, second copy 0.442",
      "Some heads attend like induction heads",
      "warning: seq-len was shortened to 40",
      "Uniform attention scores .03",
    ]) {
      expect(text).toContain(part);
    }
  });

  test("lets no name steer the terminal", () => {
    const evil = "\u001b]0;owned\u0007\u001b[2J\u009b31m\r\n\b\u202eabc\u200b";
    const result = scoreFixture(2, 4, { id: evil, warnings: [evil] });
    const hostile = { ...result, verdictInWords: evil };
    for (const unicode of [true, false]) {
      const text = scoreText(hostile, { unicode });
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b]/);
      expect(text).toContain("\\u{1b}]0;owned\\u{7}");
    }
  });

  test("is ASCII only when asked", () => {
    for (const examples of [4, 100]) {
      const result = scoreFixture(48, 64, { id: "modèle-漢", examples });
      const text = scoreText(result, { unicode: false });
      expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
      expect(text).toContain("mod\\u{e8}le-\\u{6f22}");
      expect(text.match(/\\u/g)).toHaveLength(4); // two of the name, in title and model
    }
  });
});

describe("terminalMap(map, options)", () => {
  const scale = { kind: "sequential", bound: 1 } as const;

  test("writes each value where there is room, a marked head with >", () => {
    const map = {
      values: [
        [0, 0.934],
        [1, 0.05],
      ],
      scale,
      marked: [{ layer: 0, head: 1 }],
    };
    expect(terminalMap(map, { depth: 1, width: 40 })).toEqual([
      "     0   1",
      "0  .00>.93",
      "1  1.0 .05",
    ]);
  });

  test("writes one digit for each head where values do not fit, in blocks if need be", () => {
    const row = Array.from({ length: 64 }, (_, head) => head / 64);
    const lines = terminalMap({ values: [row, row], scale, marked: [] }, { depth: 1, width: 50 });
    const digits = lines.filter((line) => line.startsWith("0 ")).map((line) => line.slice(2));
    expect(digits.map((line) => line.length)).toEqual([40, 24]);
    expect(digits.join("")).toBe(
      row.map((v) => (v < 0.1 ? "." : String(Math.floor(v * 10)))).join(""),
    );
    const [header] = lines.filter((line) => line.trimStart().startsWith("40"));
    expect(header).toBe("  40        50        60");
  });

  test("tells the sign of values without colour, as letters where there is one place", () => {
    const values = [
      Array.from({ length: 40 }, (_, head) => (head === 0 ? -1.3 : head === 1 ? 2.5 : 0)),
    ];
    const map = { values, scale: { kind: "diverging", bound: 2.5 }, marked: [] } as const;
    expect(terminalMap(map, { depth: 1, width: 400 }).at(-1)).toMatch(/^0 {2}−1\.3 {2}2\.5 {3}\.0/);
    expect(terminalMap(map, { depth: 1, width: 50 }).at(-1)).toMatch(/^0 e9\.\.\./);
  });
});

describe("terminal colours", () => {
  test("of 256 are their own nearest", () => {
    for (let code = 16; code < 256; code++) {
      expect(colour256(nearest256(colour256(code)))).toEqual(colour256(code));
    }
  });

  test("come as background with readable text", () => {
    expect(cellColour([252, 230, 35], 24)).toBe("\u001b[38;2;0;0;0;48;2;252;230;35m");
    expect(cellColour([0, 0, 95], 8)).toBe("\u001b[38;5;231;48;5;17m");
    expect(cellColour([0, 0, 95], 4)).toBe("");
  });
});

describe("visible(text)", () => {
  test("shows controls, bidi and zero-width signs, line separators, lone surrogates", () => {
    expect(visible("a\u0000\u001b\u007f\u0085\u2028\u202e\u2066\u200b\ufeff\ud800z")).toBe(
      "a\\u{0}\\u{1b}\\u{7f}\\u{85}\\u{2028}\\u{202e}\\u{2066}\\u{200b}\\u{feff}\\u{d800}z",
    );
  });

  test("leaves letters, marks, signs and emoji of any language", () => {
    const text = "gpt2-é 漢字 हिन्दी עברית 😀 → × ½";
    expect(visible(text)).toBe(text);
  });
});

test("a number of a table has four decimals, and one where it is large", () => {
  const numbers = [0.5, 24260.8887, -1234.56, 24260, null, 1e-6];
  expect(numbers.map(tableNumber)).toEqual([
    "0.5000",
    "24260.9",
    "−1234.6",
    "24260",
    "–",
    "1.0e−6",
  ]);
});
