import { Window } from "happy-dom";
import { describe, expect, test } from "vitest";
import { emptyFolder } from "../../cli/cli.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { auditCsv } from "../../../src/studies/audit/viewCsv.ts";
import { writeAudit } from "../../../src/studies/audit/viewFiles.ts";
import { auditHtml } from "../../../src/studies/audit/viewHtml.ts";
import { auditPicture } from "../../../src/studies/audit/viewPicture.ts";
import { auditText } from "../../../src/studies/audit/viewText.ts";
import { columnsOf } from "../../../src/draw/visible.ts";
import { auditResult } from "../../../src/studies/audit/result.ts";
import { audit } from "../../../src/studies/audit/audit.ts";

const result = audit();
const lineOf = (name: string, width = 80) =>
  auditText(result, { width })
    .split("\n")
    .find((line) => line.startsWith(`${name} `))!;

describe("auditText(result)", () => {
  test("has a line of numbers for each convention, with the head that is meant marked", () => {
    expect(lineOf("induction").split(/ +/)).toEqual([
      "induction",
      "1.0",
      ">1.0",
      ".00",
      ".00",
      ".00",
      ".00",
      ".02",
    ]);
    expect(lineOf("detectHead.mul.induction.excludeBos").split(/ +/).slice(1, 7)).toEqual([
      "1.0",
      ">1.0",
      ".00",
      ".00",
      "-",
      ".00",
    ]);
    for (const { convention } of result.conventions)
      expect(lineOf(convention)).toMatch(new RegExp(`^${convention.replaceAll(".", "\\.")} +\\S`));
  });

  test("says in words what a convention confuses, under its formula", () => {
    const text = auditText(result, { width: 200 });
    expect(text).toMatch(
      /legacy\.inductionViz: attention of the second B.*\n {4}does not see an induction head.*gives a duplicate-token head 1\.0000, more than its own/,
    );
  });

  test.each([40, 60, 80, 132])("has no line over %i columns", (width) => {
    for (const line of auditText(result, { width }).split("\n"))
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
    expect(auditText(hostile)).not.toContain("\u001b");
  });
});

describe("auditPicture(result)", () => {
  const window = new Window();
  const svg = auditPicture(result, window.document as unknown as Document);
  const cells = [...svg.querySelectorAll("rect > title")].map((title) => title.textContent);

  test("draws a cell for every convention and ideal head that has a score, and names both", () => {
    const known = result.conventions.flatMap(({ values }) =>
      Object.values(values).filter((value) => value !== null),
    );
    expect(cells).toHaveLength(known.length + result.conventions.length);
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

describe("auditCsv, auditHtml, writeAudit", () => {
  test("csv has every digit and one row for each convention", () => {
    const lines = auditCsv(result).trimEnd().split("\r\n");
    expect(lines).toHaveLength(result.conventions.length + 1);
    expect(lines[0]).toMatch(/^convention,source,formula,finds,ceiling,induction,duplicateToken/);
  });

  test("the page holds the Result, which its schema describes", async () => {
    const html = await auditHtml(result, { light: "<svg></svg>", dark: "<svg></svg>" });
    const [, json] = /id="result">(.*?)<\/script>/s.exec(html)!;
    expect(auditResult.parse(JSON.parse(json!))).toEqual(result);
  });

  test("writes the format that the extension names, and refuses others", async () => {
    const folder = emptyFolder();
    for (const name of ["a.svg", "a.png", "a.csv", "a.json", "a.html"])
      await writeAudit(result, join(folder, name));
    expect(readFileSync(join(folder, "a.svg"), "utf8")).toMatch(/^<svg/);
    expect(auditResult.parse(JSON.parse(readFileSync(join(folder, "a.json"), "utf8")))).toEqual(
      result,
    );
    await expect(writeAudit(result, join(folder, "a.gif"))).rejects.toThrow(/output needs a file/);
  });
});
