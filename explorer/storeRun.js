/**
 * @file `node explorer/storeRun.js`, after a build: the page trains the lab's model with seed 0, and the run that it hands over is
 * written to explorer/lab/seed0.json, which the next build takes in. Numbers have four digits, weights of attention one byte: as
 * many as the page draws. Without the model's files, which are a hundred times as much.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { openExplorer } from "../tools/explorerPage.js";

const BYTE = 255;
const { start, close } = await openExplorer();
try {
  const tab = await start("view=lab");
  await tab.getByLabel("Seed").fill("0");
  await tab.getByRole("button", { name: "Train 600 steps" }).click();
  const own = tab.locator("table.short tr", { hasText: /^seed 0(?! \(stored\))/ });
  await tab
    .getByText(/seed 0: step 600 of 600, done/)
    .first()
    .waitFor({ timeout: 600_000 });
  await tab.locator("[data-change]").waitFor({ timeout: 60_000 });
  const [waiting] = await Promise.all([
    tab.waitForEvent("download", { timeout: 120_000 }),
    own.getByRole("button", { name: "download run" }).click(),
  ]);
  const run = JSON.parse(readFileSync(await waiting.path(), "utf8"));
  for (const event of run.events) {
    event.milliseconds = 0; // a clock says something of the machine only
    if (event.checkpoint) {
      event.checkpoint.files = [];
      event.checkpoint.patterns = bytesOf(event.checkpoint.patterns);
    }
  }
  const short = (_, value) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  writeFileSync(new URL("lab/seed0.json", import.meta.url), `${JSON.stringify(run, short)}\n`);
} finally {
  await close();
}

function bytesOf(weights) {
  return Buffer.from(weights.map((weight) => Math.round(BYTE * weight))).toString("base64");
}
