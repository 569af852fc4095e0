/**
 * @file Pages of Results inside `<iframe srcdoc sandbox="allow-scripts">`, as notebooks and course pages show them: without
 * origin, storage, network or parent they draw what they draw by themselves.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Frame } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runnableModel, type RunnableModel } from "../../src/inputs/runnableModel.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { attention } from "../../src/studies/attention/attention.ts";
import { circuit } from "../../src/studies/circuit/circuit.ts";
import { lens } from "../../src/studies/lens/lens.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { score } from "../../src/studies/score/score.ts";
import { text } from "../../src/studies/text/text.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { why } from "../../src/studies/why/why.ts";
import { writeResult } from "../../src/studies/writeResult.ts";
import { emptyFolder } from "../cli/cli.ts";
import { oneEngine } from "../interventions/engine.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const lacks = existsSync(CHROMIUM) ? "" : " (skipped: no Chromium)";
const ROWS = { numExamples: 4, seqLen: 24 };
const TOKENS = [[0, 5, 6, 7, 5, 6, 7, 5, 6]];

const STUDIES: Readonly<Record<string, (model: RunnableModel) => Promise<object>>> = {
  score: (model) => score(model, ROWS),
  verdict: (model) => verdict(model, { quick: true }),
  ablate: (model) => ablate(model, { ...ROWS, eachHead: true }),
  patch: (model) => patch(model, { ...ROWS, raw: true }),
  lens: (model) => lens(model, ROWS),
  circuit: (model) => circuit(model, { heads: ["1.2"] }),
  attention: (model) => attention(model, { tokens: TOKENS }),
  why: (model) => why(model, { head: "1.2", tokens: TOKENS[0] }),
  text: (model) => text(model, { tokens: TOKENS }),
};

/** What a page shows: its words, and how many of each drawn thing have a size. */
function contentOf(frame: Frame) {
  return frame.evaluate(() => {
    const withWidth = (name: string) =>
      [...document.querySelectorAll(name)].filter(
        (element) => element.getBoundingClientRect().width > 0,
      );
    const counts = ["svg", "svg *", "canvas", "table", "td", "button", "select"].map(
      (name) => [name, withWidth(name).length] as const,
    );
    return { words: document.body.innerText, counts: Object.fromEntries(counts) };
  });
}

describe.skipIf(lacks !== "")(`framed pages${lacks}`, { timeout: 120_000 }, () => {
  let browser: Browser;
  let model: RunnableModel;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    model = runnableModel(await openPlanted("induction"), oneEngine);
  }, 60_000);
  afterAll(async () => {
    await model?.close();
    await browser?.close();
  });

  test.each(Object.entries(STUDIES))(
    "%s: draws the same, and asks for nothing",
    async (_, study) => {
      const path = join(emptyFolder(), "page.html");
      await writeResult((await study(model)) as never, path);
      const html = readFileSync(path, "utf8");
      const tab = await browser.newPage({ viewport: { width: 1100, height: 900 } });
      const complaints: string[] = [];
      tab.on(
        "console",
        (message) => void (message.type() === "error" && complaints.push(message.text())),
      );
      tab.on("pageerror", (error) => void complaints.push(error.message));
      tab.on("request", (request) => {
        if (!/^(data|blob|about):/.test(request.url()))
          complaints.push(`asked for ${request.url()}`);
      });
      await tab.setContent(html);
      const alone = await contentOf(tab.mainFrame());
      await tab.setContent(
        `<body style="margin:0"><iframe sandbox="allow-scripts" style="width:1100px;height:900px;border:0"></iframe>`,
      );
      await tab.locator("iframe").evaluate((frame, content) => {
        (frame as HTMLIFrameElement).srcdoc = content;
      }, html);
      await tab.waitForFunction(() => document.querySelector("iframe")!.srcdoc !== "");
      await expect.poll(async () => (await contentOf(tab.frames()[1]!)).words).toBe(alone.words);
      const framed = await contentOf(tab.frames()[1]!);
      expect(framed.counts).toEqual(alone.counts);
      expect(
        alone.counts["svg"]! + alone.counts["canvas"]! + alone.counts["table"]!,
      ).toBeGreaterThan(0);
      expect(await tab.frames()[1]!.evaluate(() => window.origin)).toBe("null");
      expect(complaints).toEqual([]);
      await tab.close();
    },
  );
});
