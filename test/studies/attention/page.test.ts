/** @file The page of `attention` in a browser: offline, by pointer and by keys, whatever tokens are called. */
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { attentionView } from "../../../src/studies/attention/view.ts";
import { writeStudy } from "../../../src/draw/studyFiles.ts";
import { attention } from "../../../src/studies/attention/attention.ts";
import { oneEngine } from "../../interventions/engine.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const HOSTILE = ["</script><img src=x onerror=alert(1)>", "\u202e", "\n", " "];

async function pageOf(length: number) {
  const block = Array.from({ length: Math.floor(length / 2) }, (_, index) => 1 + index);
  const original = await attention(await openPlanted("induction"), {
    backend: await oneEngine(),
    tokens: [[...block, ...block]],
    heads: ["1.2", "0.3"],
  });
  const [sequence] = original.sequences;
  const pieces = sequence!.pieces.map((piece, place) => HOSTILE[place] ?? piece);
  const result = { ...original, sequences: [{ ...sequence!, pieces }] };
  const file = join(mkdtempSync(join(tmpdir(), "attention-")), "page.html");
  await writeStudy(attentionView(result), result, file);
  return { file, result, block };
}

test("text of tokens never becomes markup, and the picture names its axes", async () => {
  const { file } = await pageOf(20);
  const html = readFileSync(file, "utf8");
  expect(html).not.toContain("<img");
  expect(html).toContain("query: the token that looks");
  expect(html).toContain("key: the token that is looked at");
});

const note = existsSync(CHROMIUM) ? "" : ` (needs ${CHROMIUM})`;
test.skipIf(note !== "")(
  `160 tokens answer to pointer and keys, and nothing is asked of elsewhere${note}`,
  async () => {
    const { file, block } = await pageOf(160);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("console", (message) => faults.push(message.text()));
      page.on("request", (request) => {
        if (!request.url().startsWith("file:")) faults.push(request.url());
      });
      await page.goto(`file://${file}`);
      const query = block.length + 40;
      const wordsText = () => page.textContent(".attention-words");
      await page.locator(`.attention-tokens [data-position="${query}"]`).hover();
      expect(await wordsText()).toMatch(
        new RegExp(`^Query ${query} 41 looks at 42 at 41: (1|0.9)`),
      );
      await page.locator(`.attention-tokens [data-position="${query}"]`).click();
      await page.mouse.move(0, 0);
      await page.keyboard.press("ArrowRight");
      expect(await wordsText()).toMatch(new RegExp(`^Query ${query + 1} 42 looks at 43 at 42: `));
      await page.selectOption("section.attention select", "1");
      expect(await wordsText()).toContain(`looks at 41 at ${query}: `); // 0.3 is the previous-token head
      await page.getByLabel("who looks at it").check();
      expect(await wordsText()).toContain(
        `Key ${query + 1} 42 is looked at by 43 at ${query + 2}: `,
      );
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  },
  60_000,
);

test.skipIf(note !== "")(
  `the widget works in a frame that may run scripts and nothing else${note}`,
  async () => {
    const { file } = await pageOf(20);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("console", (message) => faults.push(message.text()));
      await page.setContent('<iframe sandbox="allow-scripts" width="1200" height="900"></iframe>');
      await page.evaluate(
        (html) => {
          document.querySelector("iframe")!.srcdoc = html;
        },
        readFileSync(file, "utf8"),
      );
      const frame = page.frameLocator("iframe");
      await frame.locator('.attention-tokens [data-position="14"]').click();
      expect(await frame.locator(".attention-words").textContent()).toMatch(/^Query 14 5 looks at/);
      expect(await frame.locator("th button").first().textContent()).toBe("head");
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  },
  60_000,
);
