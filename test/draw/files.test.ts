import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { scoreResult, SCORE_NAMES } from "../../src/studies/score/result.ts";
import { csvText, studyCsv, tableCsv } from "../../src/draw/csv.ts";
import { markdownText } from "../../src/draw/markdown.ts";
import { headColumn } from "../../src/draw/studyView.ts";
import { scoreView } from "../../src/studies/score/view.ts";
import { jsonText } from "../../src/draw/json.ts";
import { checkFolder } from "../../src/draw/replaceFolder.ts";
import { replaceFile } from "../../src/draw/replaceFile.ts";
import { writeResult } from "../../src/studies/writeResult.ts";
import { checkOutput, REPORT_FORMATS } from "../../src/draw/write.ts";
import { scoreFixture, SHAPES } from "../studies/score/fixtures.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "report-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const everything = () => readdirSync(folder, { recursive: true }).sort();

describe("writeResult(result, file)", () => {
  test.each(REPORT_FORMATS)(
    "writes %s, the same bytes each time, and leaves nothing else",
    async (format) => {
      const file = join(folder, "deep", "er", `scores.${format}`);
      await writeResult(scoreFixture(2, 4), file);
      const first = readFileSync(file);
      await writeResult(scoreFixture(2, 4), file);
      expect(readFileSync(file).equals(first)).toBe(true);
      expect(everything()).toEqual(["deep", "deep/er", `deep/er/scores.${format}`]);
    },
  );

  test.each(SHAPES)(
    "writes a PNG of twice the pixels of the SVG for %i x %i heads",
    async (...shape) => {
      const result = scoreFixture(...shape);
      await writeResult(result, join(folder, "map.png"));
      await writeResult(result, join(folder, "map.svg"));
      const bytes = readFileSync(join(folder, "map.png"));
      expect([...bytes.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
      const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(
        readFileSync(join(folder, "map.svg"), "utf8"),
      )!;
      expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([2 * +width!, 2 * +height!]);
    },
  );

  test("writes JSON that reads back as the same Result", async () => {
    const result = scoreFixture(30, 9);
    const file = join(folder, "scores.JSON");
    await writeResult(result, file);
    expect(scoreResult.parse(JSON.parse(readFileSync(file, "utf8")))).toEqual(result);
  });

  test("refuses an unknown extension, names the known ones, and writes nothing", async () => {
    for (const name of ["scores.gif", "scores", ".png", "scores.png.bak"]) {
      const attempt = writeResult(scoreFixture(2, 4), join(folder, "new", name));
      await expect(attempt).rejects.toMatchObject({ name: "InputError", code: "output" });
      await expect(attempt).rejects.toThrow(".png, .svg, .pdf, .html, .csv, .tex, .md, .json, got");
    }
    expect(everything()).toEqual([]);
  });

  test("refuses a folder in place of the file, and a file in place of the folder", async () => {
    mkdirSync(join(folder, "taken.csv"));
    writeFileSync(join(folder, "plain"), "");
    const before = everything();
    const to = (name: string) => writeResult(scoreFixture(2, 4), join(folder, name));
    await expect(to("taken.csv")).rejects.toThrow("output needs a file, got the folder");
    await expect(to("plain/x.csv")).rejects.toThrow("plain is a file");
    await expect(to("plain/deep/x.csv")).rejects.toThrow("plain is a file");
    expect(everything()).toEqual(before);
  });

  test.skipIf(process.getuid?.() === 0)("refuses a folder that cannot be written", () => {
    chmodSync(folder, 0o500);
    expect(() => checkOutput(join(folder, "x.csv"))).toThrow("a folder that can be written");
    chmodSync(folder, 0o700);
  });

  test.skipIf(process.platform !== "linux")(
    "refuses file systems of the system's own, where making a folder would never end",
    () => {
      for (const place of ["/proc/x/a.csv", "/proc/self/a.csv", "/sys/a.csv"])
        expect(() => checkOutput(place)).toThrow("a folder that can be written");
      expect(() => checkFolder("/proc/new", [])).toThrow(
        "output /proc/new needs a folder that can be written, got /proc",
      );
    },
  );

  test("replaces what a link points to, and keeps the link", async () => {
    writeFileSync(join(folder, "real.csv"), "old");
    symlinkSync("real.csv", join(folder, "link.csv"));
    await writeResult(scoreFixture(2, 4), join(folder, "link.csv"));
    expect(readFileSync(join(folder, "real.csv"), "utf8")).toMatch(/^layer,/);
    expect(everything()).toEqual(["link.csv", "real.csv"]);
  });
});

describe("replaceFile(file, content)", () => {
  test("leaves the old file, and none of its own folders, when the system refuses", () => {
    const name = `${"x".repeat(250)}.csv`; // fits, but not with the ending of the temporary file
    expect(() => replaceFile(join(folder, "a", "b", name), "new")).toThrow("could not be written");
    expect(everything()).toEqual([]);
    writeFileSync(join(folder, name), "old");
    expect(() => replaceFile(join(folder, name), "new")).toThrow("could not be written");
    expect(readFileSync(join(folder, name), "utf8")).toBe("old");
    expect(everything()).toEqual([name]);
  });
});

describe("studyCsv(scoreView(result))", () => {
  test("has a row for each head with every digit of its scores and interval", () => {
    const result = scoreFixture(3, 4);
    const [header, ...rows] = studyCsv(scoreView(result))
      .trimEnd()
      .split("\r\n")
      .map((line) => line.split(","));
    const [first, ...others] = SCORE_NAMES;
    const bounds = ["inductionLow", "inductionHigh"];
    expect(header).toEqual(["layer", "head", first, ...bounds, ...others]);
    expect(rows).toHaveLength(12);
    rows.forEach((row, index) => {
      const [layer, head] = [Math.floor(index / 4), index % 4];
      const [score, ...scores] = SCORE_NAMES.map((name) => result.scores[name][layer]![head]!);
      const interval = result.intervals.induction[layer]![head]!;
      expect(row.map(Number)).toEqual([layer, head, score, ...interval, ...scores]);
    });
  });

  test("leaves the interval empty where there is none", () => {
    const lines = studyCsv(scoreView(scoreFixture(1, 1, { examples: 4 }))).split("\r\n");
    expect(lines[1]).toMatch(/^0,0,[^,]+,,,/);
  });
});

describe("csvText(rows)", () => {
  test("quotes commas, quotes and line ends", () => {
    expect(csvText([["a,b", 'say "x"', "two\nlines", 1.5]])).toBe(
      '"a,b","say ""x""","two\nlines",1.5\r\n',
    );
  });
});

describe("markdownText(text)", () => {
  test("escapes emphasis, deletion, code, links, tables, headings, HTML and its entities", () => {
    expect(markdownText("*a* _b_ ~~c~~ `d` [e](f) | # <g> &lt; \\")).toBe(
      "\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\`d\\` \\[e\\](f) \\| \\# \\<g\\> \\&lt; \\\\",
    );
  });
});

describe("tableCsv(table)", () => {
  const table = {
    caption: "Effects",
    columns: [headColumn(), headColumn("from"), "set", "previous token", "low", "high", "", "set"],
    rows: [
      [{ layer: 1, head: 10 }, null, [{ layer: 0, head: 1 }], 0.1 + 0.2, 0.25, null, "=1", "a"],
      ["model", { layer: 0, head: 2 }, [], -1e-7, null, null, 'say "x", y', "b"],
    ],
  };

  test("has layer and head apart, bounds beside their value, every digit, and names that are all different", () => {
    expect(tableCsv(table).split("\r\n")).toEqual([
      "layer,head,fromLayer,fromHead,set,previousToken,previousTokenLow,previousTokenHigh,column7,set2",
      "1,10,,,L0H1,0.30000000000000004,0.25,,=1,a",
      ',,0,2,,-1e-7,,,"say ""x"", y",b',
      "",
    ]);
  });
});

describe("jsonText(value)", () => {
  test("keeps a row on its line and reads back as the same value", () => {
    const value = {
      a: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      b: [{ c: null }],
      d: {},
      e: [],
      f: "x\n[1, 2]",
    };
    expect(JSON.parse(jsonText(value))).toEqual(value);
    expect(
      jsonText({
        rows: [
          [0.5, 1, 2],
          [3, 4, 5],
        ],
      }),
    ).toBe('{\n  "rows": [\n    [0.5,1,2],\n    [3,4,5]\n  ]\n}\n');
  });
});
