/** @file The built page in a real browser: one browser for a test file, one tab for a test. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { servePage } from "./servePage.ts";

export const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const lacks = !existsSync(CHROMIUM)
  ? "no Chromium"
  : !existsSync(at("explorer/dist/index.html"))
    ? "page not built"
    : null;
/** Where screenshots go; left out: none are made. */
export const SHOTS = process.env["EXPLORER_SHOTS"];

/** A tab with the page, what it said on its console, and what it asked for. */
export interface Tab {
  readonly tab: Page;
  readonly errors: readonly string[];
  /** Addresses outside the page's own origin. */
  readonly elsewhere: readonly string[];
}

export type Open = (
  hash?: string,
  size?: { readonly width: number; readonly height?: number },
  /** Done to the tab before it goes to the page. */
  before?: (tab: Page) => Promise<unknown>,
) => Promise<Tab>;

/**
 * Tests of the page, skipped by name where there is no browser or the page is not built.
 *
 * @param flags of the browser, beside those that every test has
 */
export function describePage(
  title: string,
  tests: (open: Open) => void,
  flags: readonly string[] = [],
): void {
  const reason = lacks ? ` (skipped: ${lacks})` : "";
  describe.skipIf(lacks !== null)(`${title}${reason}`, { timeout: 120_000 }, () => {
    let browser: Browser;
    let site: Awaited<ReturnType<typeof servePage>>;
    beforeAll(async () => {
      site = await servePage(at("explorer/dist"), { isolated: SHOTS !== undefined });
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ["--no-sandbox", ...flags],
      });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      site?.close();
    });
    tests(
      async (hash = "#view=heads", { width = 1440, height = 900 } = { width: 1440 }, before) => {
        const tab = await browser.newPage({ viewport: { width, height } });
        await before?.(tab);
        const errors: string[] = [];
        const elsewhere: string[] = [];
        tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
        tab.on("pageerror", (error) => errors.push(String(error)));
        tab.on("request", (request) => {
          const url = request.url();
          if (!url.startsWith(site.origin) && !/^(blob|data):/.test(url)) elsewhere.push(url);
        });
        await tab.goto(site.address + hash);
        return { tab, errors, elsewhere };
      },
    );
  });
}

/** Waits until the page's own engine has measured the model. */
export function live(tab: Page, timeout = 60_000): Promise<void> {
  return tab.getByText("Live numbers").waitFor({ timeout });
}

/** From then on the engine's thread gets the page's questions of these names late. */
export function delay(tab: Page, names: readonly string[], milliseconds: number): Promise<unknown> {
  return tab.evaluate(`{
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...given) {
      const isLate = ${JSON.stringify(names)}.includes(given[0]?.name);
      if (isLate) setTimeout(() => post.apply(this, given), ${milliseconds});
      else post.apply(this, given);
    };
  }`);
}

/** The number that an element shows, with every digit. */
export async function value(tab: Page, selector: string): Promise<number> {
  const element = tab.locator(`${selector}[data-value]`);
  await element.waitFor({ timeout: 30_000 });
  return Number(await element.getAttribute("data-value"));
}

/** What the button of this name hands over. */
export async function saved(tab: Page, format: string): Promise<string> {
  const wait = tab.waitForEvent("download");
  await tab.getByRole("button", { name: format, exact: true }).click();
  return readFileSync(await (await wait).path(), "utf8");
}

/** A state of the page that is looked at: its name, its address, and what waits until it is there. */
export interface Look {
  readonly name: string;
  readonly hash: string;
  readonly ready: (tab: Page) => Promise<unknown>;
}

/** Holds views to axe's rules and to their width, in the three themes at 360 and 1440 px, in one tab. */
export function checkLooks(open: Open, looks: readonly Look[]): void {
  test("has no accessibility violation and no sideways scrolling in any theme", async () => {
    const { tab, errors, elsewhere } = await open(looks[0]!.hash);
    const go = (hash: string) => tab.evaluate((address) => (location.hash = address), hash);
    await live(tab);
    await tab.evaluate(readFileSync(at("node_modules/axe-core/axe.min.js"), "utf8"));
    for (const { name, hash, ready } of looks) {
      await go(hash);
      await ready(tab);
      for (const theme of ["light", "dark", "contrast"]) {
        await go(`${hash}&theme=${theme}`);
        await tab.locator(`html[data-theme=${theme}]`).waitFor();
        for (const width of [1440, 360]) {
          const where = `${name} in ${theme} at ${width} px`;
          await tab.setViewportSize({ width, height: 900 });
          const violations = await tab.evaluate(
            "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))",
          );
          expect(violations, where).toEqual([]);
          const wide = await tab.evaluate("document.documentElement.scrollWidth");
          expect(wide, where).toBeLessThanOrEqual(width);
          if (SHOTS) await shoot(tab, `${name}-${theme}-${width}`, width);
        }
      }
    }
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });
}

/** All of the page in one picture: the bar at the bottom stays at the bottom. */
async function shoot(tab: Page, name: string, width: number): Promise<void> {
  mkdirSync(SHOTS!, { recursive: true });
  const height = Number(await tab.evaluate("document.documentElement.scrollHeight"));
  await tab.setViewportSize({ width, height: Math.max(800, Math.min(height, 3000)) });
  await tab.waitForTimeout(200);
  await tab.screenshot({ path: `${SHOTS}/${name}.png` });
}
