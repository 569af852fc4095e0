import { readFileSync, existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ablateHeads, load, openBackend, score } from "../../src/browser.ts";
import { servePage } from "./servePage.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const page = at("explorer/dist/index.html");
const lacks = !existsSync(CHROMIUM) ? "no Chromium" : !existsSync(page) ? "page not built" : null;
const title = `the explorer in Chromium${lacks ? ` (skipped: ${lacks})` : ""}`;
/** Where screenshots for a look go; left out: none are made. */
const SHOTS = process.env["EXPLORER_SHOTS"];

describe.skipIf(lacks !== null)(title, { timeout: 60_000 }, () => {
  let browser: Browser;
  let site: Awaited<ReturnType<typeof servePage>>;
  beforeAll(async () => {
    site = await servePage(at("explorer/dist"));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  async function open(hash = "", width = 1440) {
    const tab = await browser.newPage({ viewport: { width, height: 900 } });
    const errors: string[] = [];
    const asked: string[] = [];
    tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    tab.on("pageerror", (error) => errors.push(String(error)));
    tab.on("request", (request) => asked.push(request.url()));
    await tab.goto(site.address + hash);
    return { tab, errors, asked };
  }
  const live = (tab: Page) => tab.getByText("Live numbers").waitFor({ timeout: 40_000 });
  const value = async (tab: Page, selector: string) =>
    Number(await tab.locator(selector).getAttribute("data-value"));

  test("says that numbers are stored, then shows those of its own engine, equal to the library's and the command line's", async () => {
    const { tab, errors, asked } = await open();
    expect(await tab.getByRole("status").innerText()).toContain("Stored numbers");
    await live(tab);
    await tab.getByRole("button", { name: "Switch it off" }).click();
    const model = await load("planted:induction");
    const backend = await openBackend();
    const scored = await score(model, { backend });
    const ablated = await ablateHeads(model, backend, { kind: "zero", eachHead: true });
    const induction = await value(tab, "[data-score=induction]");
    expect(induction).toBeCloseTo(scored.scores.induction[1]![2]!, 4);
    const cli = JSON.parse(readFileSync(at("explorer/generated/stored.json"), "utf8"));
    expect(induction).toBeCloseTo(cli.score.scores.induction[1][2], 4);
    const after = await value(tab, '[data-loss="secondCopy.after"]');
    expect(after).toBeCloseTo(ablated.loss.secondCopy + ablated.heads!.delta.secondCopy[1]![2]!, 4);
    const { loss, heads } = cli.ablate;
    expect(after).toBeCloseTo(loss.secondCopy + heads.delta.secondCopy[1][2], 4);
    expect(after).toBeGreaterThan((await value(tab, '[data-loss="secondCopy.before"]')) + 1);
    expect(errors).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(site.origin) && !url.startsWith("blob:"))).toEqual(
      [],
    );
    await tab.close();
  });

  test("walks the map with the arrows and keeps the head in the address", async () => {
    const { tab } = await open("#head=1.2");
    await tab.locator('[data-at="1.2"]').focus();
    await tab.keyboard.press("ArrowUp");
    await tab.keyboard.press("ArrowRight");
    await tab.getByRole("heading", { name: "Head 0.3" }).waitFor();
    expect(new URL(tab.url()).hash).toBe("#head=0.3");
    await tab.close();
  });

  test.each(["light", "dark", "contrast"])(
    "has no accessibility violation in %s",
    async (theme) => {
      for (const width of [360, 1440]) {
        const { tab } = await open(`#head=1.2&off=1&theme=${theme}`, width);
        await live(tab);
        await tab.evaluate(readFileSync(at("node_modules/axe-core/axe.min.js"), "utf8"));
        const found = await tab.evaluate(
          "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))",
        );
        expect(found).toEqual([]);
        expect(await tab.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(
          width,
        );
        if (SHOTS) {
          mkdirSync(SHOTS, { recursive: true });
          await tab.screenshot({ path: `${SHOTS}/heads-${theme}-${width}.png`, fullPage: true });
        }
        await tab.close();
      }
    },
  );
});
