/** @file The page as `induction-lens explore` serves it, in a headless Chromium: for benchmarks, screenshots and the lab's stored run. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const COMMAND = join(import.meta.dirname, "../dist/cli/main.js");

/** Starts the command and the browser; `start` opens a tab at a state such as `view=heads`, `close` ends both. */
export async function openExplorer() {
  const explore = spawn(process.execPath, [COMMAND, "explore", "--no-open"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const address = await new Promise((resolve) =>
    explore.stdout.once("data", (bytes) => resolve(String(bytes).trim())),
  );
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  return {
    browser,
    start: async (state, width = 1440) => {
      const tab = await browser.newPage({ viewport: { width, height: 900 } });
      await tab.goto(`${address}&${state}`);
      return tab;
    },
    close: async () => {
      await browser.close();
      explore.kill("SIGINT");
    },
  };
}
