import { Window } from "happy-dom";
import { describe, expect, test } from "vitest";
import { emptyFolder } from "../../cli/cli.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { columnsOf } from "../../../src/draw/columns.ts";
import { studyCsv } from "../../../src/draw/csv.ts";
import { writeStudy } from "../../../src/draw/studyFiles.ts";
import { studyText } from "../../../src/draw/studyText.ts";
import { auditView } from "../../../src/studies/audit/view.ts";
import { auditPicture } from "../../../src/studies/audit/viewPicture.ts";
import { auditResult } from "../../../src/studies/audit/result.ts";
import { audit } from "../../../src/studies/audit/audit.ts";

const result = audit();
const textOf = (width: number) => studyText(auditView(result), { width });
const rowOf = (name: string) =>
  textOf(200)
    .split("\n")
    .find((line) => line.startsWith(`${name} `))!
    .split(/ +/);

describe("studyText(auditView(result))", () => {
  test("has a line of numbers for each convention, with the head that is meant", () => {
    expect(rowOf("induction")).toEqual([
      "induction",
      "ind",
      "1",
      "1",
      "0",
      "0",
      "0",
      "0",
      "0.0210",
    ]);
    expect(rowOf("detectHead.mul.induction.excludeBos").slice(1, 8)).toEqual([
      "ind",
      "1",
      "1",
      "0",
      "0",
      "–",
      "0",
    ]);
    for (const { convention } of result.conventions) expect(rowOf(convention)[0]).toBe(convention);
  });

  test("says in words what a convention confuses, beside its formula", () => {
    expect(textOf(80)).toMatch(
      /legacy\.inductionViz\n {2}formula: attention of the second B[^]*?what it confuses: does not see an induction head/,
    );
  });

  test.each([40, 60, 80, 132])("has no line over %i columns", (width) => {
    for (const line of textOf(width).split("\n"))
      expect(columnsOf(line), line).toBeLessThanOrEqual(width);
  });

  test("lets a model's name steer no terminal", () => {
    const model = {
      id: "\u001b[2J",
      family: "x",
      revision: null,
      sha256: "0",
      layers: 1,
      heads: 1,
    };
    const hostile = { ...result, model: { ...model, kvHeads: 1, processing: "none" } };
    expect(studyText(auditView(hostile))).not.toContain("\u001b");
  });
});

describe("auditPicture(result)", () => {
  const window = new Window();
  const svg = auditPicture(result, window.document as unknown as Document);
  const cells = [...svg.querySelectorAll("rect > title")].map((title) => title.textContent);

  test("draws a cell for every convention and ideal head that has a score, and names both", () => {
    const filled = result.conventions.flatMap(({ values }) =>
      Object.values(values).filter((value) => value !== null),
    );
    expect(cells).toHaveLength(filled.length + result.conventions.length);
    expect(cells).toContain("arena.induction, induction: 0.9706");
    const texts = [...svg.querySelectorAll("text")].map((text) => text.textContent);
    for (const { convention } of result.conventions) expect(texts).toContain(convention);
    expect(texts).toContain("duplicate token");
  });

  test("outlines one cell for each convention, in the column of the head that it is meant to find", () => {
    const outlines = [...svg.querySelectorAll("[stroke-width='2.2'] > rect")];
    expect(outlines).toHaveLength(result.conventions.length);
    const columns = outlines.map((outline) => outline.getAttribute("x"));
    const finds = result.conventions.map((convention) => convention.finds);
    const pairs = new Set(columns.map((column, row) => `${column} ${finds[row]}`));
    expect(pairs.size).toBe(new Set(finds).size);
    expect(new Set(columns).size).toBe(new Set(finds).size);
  });
});

describe("the files of an audit", () => {
  test("csv has every digit and one row for each convention", () => {
    const lines = studyCsv(auditView(result)).trimEnd().split("\r\n");
    expect(lines).toHaveLength(result.conventions.length + 1);
    expect(lines[0]).toMatch(/^convention,source,formula,finds,ceiling,induction,duplicateToken/);
  });

  test("are what the extension names; the page holds the Result, which its schema describes", async () => {
    const folder = emptyFolder();
    for (const name of ["a.svg", "a.png", "a.csv", "a.json", "a.html"])
      await writeStudy(auditView(result), result, join(folder, name));
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    expect(read("a.svg")).toMatch(/^<svg/);
    expect(auditResult.parse(JSON.parse(read("a.json")))).toEqual(result);
    const [, json] = /id="result">(.*?)<\/script>/s.exec(read("a.html"))!;
    expect(auditResult.parse(JSON.parse(json!))).toEqual(result);
  });
});
