/**
 * @file `node explorer/shoot.js [FOLDER] [--only NAME] [--full]`, after a build: every view and lesson as the page looks, in light,
 * dark and high contrast at 360, 768 and 1,440 px, and at 1,440 px with the forced colours of an operating system. WebP, small
 * enough to keep; `--full` makes PNG in every pixel, for looking closely. FOLDER is docs/explorer where it is left out.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openExplorer } from "../tools/explorerPage.js";

const { values, positionals } = parseArgs({
  options: { only: { type: "string" }, full: { type: "boolean", default: false } },
  allowPositionals: true,
});
const folder = positionals[0] ?? join(import.meta.dirname, "../docs/explorer");
/** Widths of the page, and how large each is kept. */
const WIDTHS = { 360: 0.6, 768: 0.6, 1440: 0.5 };
const THEMES = ["light", "dark", "contrast"];
/** Pixels of a picture's height: of longer pages the rest is more of the same. */
const MOST = 2400;
/** From here on cells of a few pixels keep their colours and words their strokes. */
const QUALITY = 45;

const press = (name) => (tab) => tab.getByRole("button", { name }).first().click();

/** What is shown: its address, what waits until it is there, and what is done before. */
const LOOKS = {
  start: { hash: "view=start", ready: ".price [data-value]" },
  "start-cut": { hash: "view=start&off=0.0:zero", ready: '.price[data-of="0.0"]' },
  "lesson-1": {
    hash: "view=learn&lesson=0",
    ready: '[data-length="blocks.1.hook_resid_post"]',
    act: press("Hide layer 1"),
    done: "[data-result=given]",
  },
  "lesson-2": {
    hash: "view=learn&lesson=1",
    ready: "[data-score]",
    act: press(/at 5 wins/),
    done: "[data-result=given]",
  },
  "lesson-3": {
    hash: "view=learn&lesson=2",
    ready: "[data-share]",
    act: press(/^Head B/),
    done: "[data-result=given]",
  },
  "lesson-4": {
    hash: "view=learn&lesson=3",
    ready: "[data-step][data-copied]",
    act: async (tab) => {
      for (let step = 0; step < 3; step++) await press("Next step")(tab);
    },
    done: "[data-step='3']",
  },
  "lesson-5": {
    hash: "view=learn&lesson=4",
    ready: "[role=option]",
    act: (tab) => tab.locator('[data-position="6"]').click(),
    done: "[data-result=given]",
  },
  heads: {
    hash: "view=heads&head=1.0&off=1.0:zero",
    ready: '[data-loss="secondCopy.after"][data-value]',
  },
  attention: { hash: "view=attention&head=1.0", ready: "[data-cell]" },
  "attention-arcs": { hash: "view=attention&head=1.0&form=arcs&period=8", ready: "[data-arc]" },
  surgery: {
    hash: "view=surgery&head=0.0&off=0.0:zero",
    ready: '[data-loss="secondCopy.after"]',
  },
  lab: { hash: "view=lab", ready: "[role=slider]" },
};

mkdirSync(folder, { recursive: true });
const { start, close } = await openExplorer();
try {
  for (const [name, look] of Object.entries(LOOKS))
    if (!values.only || name.startsWith(values.only)) await shootLook(name, look);
} finally {
  await close();
}

async function shootLook(name, { hash, ready, act, done }) {
  const tab = await start(hash);
  await tab.getByText("Live numbers").waitFor({ timeout: 120_000 });
  await tab.locator(ready).first().waitFor({ timeout: 120_000 });
  await act?.(tab);
  if (done) await tab.locator(done).first().waitFor({ timeout: 60_000 });
  for (const theme of THEMES) {
    await setTheme(tab, theme);
    for (const width of Object.keys(WIDTHS).map(Number))
      await shoot(tab, `${name}-${theme}-${width}`, width);
  }
  await setTheme(tab, "system");
  await tab.emulateMedia({ forcedColors: "active", colorScheme: "dark" });
  await shoot(tab, `${name}-forced-1440`, 1440);
  await tab.close();
}

/** The theme alone: what the reader did in a view stays. */
async function setTheme(tab, theme) {
  const hash = new URL(tab.url()).hash.replace(/&theme=\w+/, "");
  await tab.evaluate(
    (next) => (location.hash = next),
    theme === "system" ? hash : `${hash}&theme=${theme}`,
  );
  await tab.locator(`html[data-theme=${theme}]`).waitFor();
}

/** All of the page in one picture: the bar at the bottom stays at the bottom. */
async function shoot(tab, name, width) {
  await tab.evaluate("scrollTo(0, 0)");
  await tab.setViewportSize({ width, height: 800 });
  await drawn(tab);
  const whole = await tab.evaluate("document.documentElement.scrollHeight");
  const height = Math.max(800, Math.min(whole, MOST));
  await tab.setViewportSize({ width, height });
  await drawn(tab);
  if (values.full) return void (await tab.screenshot({ path: join(folder, `${name}.png`) }));
  const session = await tab.context().newCDPSession(tab);
  const { data } = await session.send("Page.captureScreenshot", {
    format: "webp",
    quality: QUALITY,
    clip: { x: 0, y: 0, width, height, scale: WIDTHS[width] },
  });
  await session.detach();
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, "base64"));
}

/** Two frames: what the size changes is measured in the first and drawn in the second. */
function drawn(tab) {
  return tab.evaluate(
    "new Promise((ready) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(ready, 50))))",
  );
}
