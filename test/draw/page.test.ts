import { createHash } from "node:crypto";
import { Window } from "happy-dom";
import { describe, expect, test } from "vitest";
import { drawnInNode } from "../../src/draw/drawnInNode.ts";
import { studyPage } from "../../src/draw/studyPage.ts";
import { scoreView } from "../../src/studies/score/view.ts";
import type { ScoreResult } from "../../src/studies/score/result.ts";
import { scoreFixture } from "../studies/score/fixtures.ts";

const HOSTILE = [
  `</script><script>alert(1)</script>`,
  `<!--<script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</title></style><svg onload=alert(1)>`,
  `\u2028\u2029\u202e\u0000\u001b[31m`,
  `&lt;b&gt; &#x3c; \${alert(1)}`,
];

function htmlOf(result: ScoreResult): Promise<string> {
  return studyPage(scoreView(result), result, drawnInNode);
}

function parsePage(html: string) {
  const document = new Window().document;
  document.write(html);
  return document;
}

/** What a page must never gain from a name: the number of each element, and of attributes that run code. */
function shapeOf(html: string) {
  const elements = [...parsePage(html).querySelectorAll("*")];
  const counts: Record<string, number> = {};
  for (const { tagName } of elements) counts[tagName] = (counts[tagName] ?? 0) + 1;
  delete counts["text"]; // a long name takes more lines
  const handlers = elements
    .flatMap((node) => node.getAttributeNames())
    .filter((name) => /^on/.test(name));
  return { counts, handlers };
}

describe("studyPage(scoreView(result), result, drawn)", () => {
  test.each(HOSTILE)("shows %j as text wherever it stands", async (text) => {
    const calm = scoreFixture(2, 4, { id: "model", warnings: ["warning"] });
    const hostile: ScoreResult = {
      ...calm,
      model: {
        ...calm.model,
        id: text,
        family: text,
        revision: text,
        sha256: text,
        processing: text,
      },
      input: { ...calm.input, kind: text, bosPolicy: text, tokensSha256: text },
      warnings: [text],
      verdictInWords: text,
      environment: { ...calm.environment, device: text, versions: { [text]: text } },
    };
    const safe: ScoreResult = {
      ...calm,
      model: { ...calm.model, processing: "folded" },
      input: { ...calm.input, tokensSha256: "abc" },
    };
    const html = await htmlOf(hostile);
    expect(shapeOf(html)).toEqual(shapeOf(await htmlOf(safe)));
    expect(shapeOf(html).handlers).toEqual([]);
    expect(html).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028\u2029\u202e]/);
    expect(JSON.parse(parsePage(html).getElementById("result")!.textContent)).toEqual(hostile);
  });

  test("asks nobody for anything, and allows one script by its hash", async () => {
    const html = await htmlOf(scoreFixture(2, 4));
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
    expect(policy).toMatch(/^default-src 'none';/);
    const script = /<script>([^]*?)<\/script>/.exec(html)![1]!;
    const hash = createHash("sha256").update(script).digest("base64");
    expect(policy).toContain(`script-src 'sha256-${hash}'`);
    const urls = html.match(/\b(https?:)?\/\/[\w.]+/g) ?? [];
    expect(new Set(urls)).toEqual(new Set(["http://www.w3.org"])); // the namespace of SVG
    expect(html).not.toMatch(/\b(src|href)=|@import|url\(/);
  });

  test("has the table as an alternative to the picture, with caption, scopes and every head", async () => {
    const document = parsePage(await htmlOf(scoreFixture(3, 4)));
    expect(document.documentElement.getAttribute("lang")).toBe("en");
    expect(document.querySelectorAll("h1")).toHaveLength(1);
    const table = document.querySelectorAll("table.sortable")[1]!;
    expect(table.querySelector("caption")!.textContent).toContain("Uniform attention scores");
    expect(table.querySelectorAll('thead th[scope="col"]')).toHaveLength(8);
    expect(table.querySelectorAll('tbody th[scope="row"]')).toHaveLength(12);
    for (const other of document.querySelectorAll("table")) {
      expect(other.querySelector("caption")).not.toBeNull();
    }
    for (const svg of document.querySelectorAll(".picture > svg")) {
      expect(svg.getAttribute("role")).toBe("img");
      expect(svg.getAttribute("aria-label")).toMatch(/^Induction score by head\. /);
    }
  });

  test("says so when there are no losses, no intervals and no revision", async () => {
    const result = scoreFixture(2, 4, { examples: 4, losses: false });
    const html = await htmlOf({ ...result, model: { ...result.model, revision: null } });
    expect(html).toContain("losses were not asked for");
    expect(html).toContain("no intervals (they need at least 10 sequences, got 4)");
    expect(html).not.toMatch(/undefined|NaN|null,null\]<|\[object/);
  });
});
