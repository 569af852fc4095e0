/** @file The built page in a real browser: one browser for a test file, one tab for a test. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { servePage } from "./servePage.ts";

export const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** Tests of the page that take most of a minute each run when they are asked for. */
export const PATIENT = process.env["EXPLORER_PATIENT"] === "1";

export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const lacks = !existsSync(CHROMIUM)
  ? "no Chromium"
  : !existsSync(at("explorer/dist/index.html"))
    ? "page not built"
    : null;
/** For anything that the page does in seconds: other work on the machine makes it slow, not wrong. */
export const PATIENT_MS = 100_000;

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
  describe.skipIf(lacks !== null)(`${title}${reason}`, { timeout: 3 * PATIENT_MS }, () => {
    let browser: Browser;
    let site: Awaited<ReturnType<typeof servePage>>;
    beforeAll(async () => {
      site = await servePage(at("explorer/dist"));
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
        tab.setDefaultTimeout(PATIENT_MS);
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
export function live(tab: Page, timeout = PATIENT_MS): Promise<void> {
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
export async function value(tab: Page, selector: string, timeout = PATIENT_MS): Promise<number> {
  const element = tab.locator(`${selector}[data-value]`);
  await element.waitFor({ timeout });
  return element.evaluate((one) => Number((one as HTMLElement).dataset["value"]), null, {
    timeout,
  });
}

/** What the first panel's Download hands over in this format, as text. */
export async function saved(tab: Page, format: string): Promise<string> {
  return (await savedBytes(tab, format)).toString("utf8");
}

export async function savedBytes(tab: Page, format: string): Promise<Buffer> {
  const wait = tab.waitForEvent("download");
  await tab.getByRole("button", { name: "Download", exact: true }).first().click();
  await tab
    .getByRole("group", { name: "Download as" })
    .getByRole("button", { name: new RegExp(`^${format} `) })
    .click();
  return readFileSync(await (await wait).path());
}

/** A state of the page that is looked at: its name, its address, and what waits until it is there. */
export interface Look {
  readonly name: string;
  readonly hash: string;
  readonly ready: (tab: Page) => Promise<unknown>;
}

/** Each theme once, the system's own colours too, and the narrow page in two of them: rules are of colours or of widths. */
const LOOKS = [
  { theme: "light", width: 1440 },
  { theme: "dark", width: 360 },
  { theme: "contrast", width: 1440 },
  { theme: "system", width: 320 },
] as const;

/** Holds views to axe's rules and to their width in every theme, the last with the forced colours of a system, in one tab. */
export function checkLooks(open: Open, looks: readonly Look[]): void {
  test("has no accessibility violation and no sideways scrolling in any theme, nor in forced colours", async () => {
    const { tab, errors, elsewhere } = await open(looks[0]!.hash);
    const go = (hash: string) => tab.evaluate((address) => (location.hash = address), hash);
    await live(tab);
    await tab.evaluate(readFileSync(at("node_modules/axe-core/axe.min.js"), "utf8"));
    for (const { name, hash, ready } of looks) {
      await go(hash);
      await ready(tab);
      for (const { theme, width } of LOOKS) {
        await tab.emulateMedia({ forcedColors: theme === "system" ? "active" : "none" });
        await go(theme === "system" ? hash : `${hash}&theme=${theme}`);
        await tab.locator(`html[data-theme=${theme}]`).waitFor();
        const where = `${name} in ${theme} at ${width} px`;
        await tab.setViewportSize({ width, height: 900 });
        const violations = await tab.evaluate(
          "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))",
        );
        expect(violations, where).toEqual([]);
        const wide = await tab.evaluate("document.documentElement.scrollWidth");
        expect(wide, where).toBeLessThanOrEqual(width);
      }
      await tab.emulateMedia({ forcedColors: "none" });
      await tab.setViewportSize({ width: 1440, height: 900 });
    }
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });
}

/** A page's script by which the engine's thread hands over whole answers that have this member so many milliseconds late. */
export const lateAnswers = (member: string, ms: number) => `{
  const { set } = Object.getOwnPropertyDescriptor(Worker.prototype, "onmessage");
  Object.defineProperty(Worker.prototype, "onmessage", {
    set(hear) {
      set.call(this, (event) => {
        const isLate = event.data.kind === "done" && event.data.answer?.${member};
        setTimeout(() => hear(event), isLate ? ${ms} : 0);
      });
    },
  });
}`;

/** Where an element is once it is there and has not moved for a while: views are drawn anew after a change of width. */
export async function placeOnceStill(element: Locator) {
  for (let last = await element.boundingBox(); ;) {
    await element.page().waitForTimeout(200);
    const now = await element.boundingBox();
    if (now && JSON.stringify(now) === JSON.stringify(last)) return now;
    last = now;
  }
}
