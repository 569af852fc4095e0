/**
 * @file `npm run bench:explorer`: what the page's readers wait for, in a headless Chromium on the page that
 * `induction-lens explore` serves. Times are medians on this machine, so they say something of machines like it. SmolLM2's row
 * needs ../shared.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { readTensor } from "../dist/formats/readTensor.js";
import { safetensorsBytes } from "../dist/formats/writeSafetensors.js";
import { plantedCheckpoint } from "../dist/models/planted/circuit.js";
import { openExplorer } from "../tools/explorerPage.js";
import { median, row, table } from "./statistics.js";

const SMOLLM = join(
  import.meta.dirname,
  "../../shared/data/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf",
);
const REPEATS = 5;
const rows = [];
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;
const whole = (milliseconds) => `${milliseconds.toFixed(0)} ms`;
const say = (line) => process.stderr.write(`${line}\n`);

/** Moves the pointer over the matrix, nine times: how long until the page has drawn what it says of the place. */
const HOVERS = `(async () => {
  const matrix = document.querySelector(".matrix");
  const { left, top, width, height } = matrix.getBoundingClientRect();
  const taken = [];
  for (let move = 0; move < 9; move++) {
    const place = { clientX: left + 0.1 * width, clientY: top + (0.2 + move / 90) * height };
    const started = performance.now();
    matrix.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, ...place }));
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    taken.push(performance.now() - started);
  }
  return taken;
})()`;

/** Chooses the heads of the layer one after the other: how long until each is drawn. */
const SELECTIONS = `(async () => {
  const taken = [];
  for (const thumb of document.querySelectorAll(".thumbs button")) {
    const started = performance.now();
    thumb.click();
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    taken.push(performance.now() - started);
  }
  return taken;
})()`;

/** Writes down what the page says of the time that is left, five times a second. */
const TOLD = `
  window.told = [];
  setInterval(() => {
    const words = (at) => document.querySelector(at)?.textContent ?? "";
    window.told.push({ at: performance.now(), step: words(".model > .status"), left: words(".ways .status") });
  }, 200);
`;

const scratch = mkdtempSync(join(tmpdir(), "induction-lens-bench-"));
const { browser, start, close } = await openExplorer();
try {
  say("the model that comes with the page ...");
  await embedded(start);
  say("1,024 tokens ...");
  await attention(start, 512);
  await attention(start, 1000);
  say("surgery ...");
  await surgery(start);
  say("the lab ...");
  await lab(start);
  if (existsSync(SMOLLM)) {
    say("SmolLM2 ...");
    await smollm(start);
  } else say(`no SmolLM2: there is no ${SMOLLM}`);
} finally {
  await close();
  rmSync(scratch, { recursive: true, force: true });
}
process.stdout.write(`${cpus().length} processors, ${cpus()[0].model}\n${table(rows)}\n`);

async function embedded(start) {
  const times = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const tab = await start("view=heads");
    await tab.waitForURL(/#view=heads/);
    await tab.waitForLoadState("load");
    const idle = Date.now();
    await tab.getByText("Live numbers").waitFor({ timeout: 60_000 });
    times.push(Date.now() - idle);
    await tab.close();
  }
  const got = median(times);
  rows.push(
    row(
      "embedded model scored after load",
      seconds(got),
      "<= 2.5 s",
      got <= 2500,
      `(first ${seconds(times[0])})`,
    ),
  );
}

/** A model with planted heads that reads 1,024 tokens. */
async function folder() {
  const path = join(scratch, "wide");
  const { config, weights } = plantedCheckpoint(
    { vocabulary: 300, contextLength: 1024, width: 32, heads: 8, layers: 2, seed: 1 },
    [],
  );
  const tensors = [];
  for (const [name, stored] of weights)
    tensors.push({ name, shape: stored.shape, data: await readTensor(stored) });
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  writeFileSync(join(path, "model.safetensors"), safetensorsBytes(tensors));
  return ["config.json", "model.safetensors"].map((name) => join(path, name));
}

async function attention(start, length) {
  const tab = await start("view=attention&head=1.0");
  await tab.getByText("Live numbers").waitFor({ timeout: 60_000 });
  await tab.getByRole("button", { name: "Open a model …" }).click();
  await tab.getByLabel("Files").setInputFiles(await folder());
  await tab.getByRole("button", { name: "2 layers of 8 heads" }).waitFor({ timeout: 60_000 });
  await tab.getByText("Live numbers").waitFor({ timeout: 120_000 });
  await tab.locator("form.sequence select").first().selectOption("own");
  const ids = Array.from({ length }, (_, position) => (position * 37) % 300);
  await tab.getByRole("textbox", { name: /numbers from 0 to/ }).fill(ids.join(" "));
  await tab.getByRole("button", { name: "Read it" }).click();
  await tab
    .locator(".token")
    .nth(length - 1)
    .waitFor({ timeout: 60_000 });
  const hover = median(await tab.evaluate(HOVERS));
  const select = median(await tab.evaluate(SELECTIONS));
  const isBound = length === 512;
  for (const [what, got] of [
    ["hover", hover],
    ["selection", select],
  ])
    rows.push(
      row(
        `${what} at ${length} tokens`,
        whole(got),
        isBound ? "<= 50 ms" : "",
        isBound ? got <= 50 : null,
      ),
    );
  await tab.close();
}

async function surgery(start) {
  const tab = await start("view=surgery&head=0.0");
  await tab.getByText("Live numbers").waitFor({ timeout: 60_000 });
  const times = [];
  const passes = [];
  for (const name of [
    "Zero",
    "Ideal first token",
    "Ideal induction",
    "Zero",
    "Ideal first token",
  ]) {
    const started = Date.now();
    await tab.getByRole("button", { name, exact: true }).click();
    await tab
      .locator("p.status", { hasText: "One forward pass" })
      .waitFor({ timeout: 2000 })
      .catch(() => undefined);
    const words = tab.locator("p.status", { hasText: "Measured on" });
    await words.waitFor();
    times.push(Date.now() - started);
    passes.push(Number(/pass of (\d+) ms/.exec(await words.innerText())[1]));
  }
  rows.push(
    row(
      "an edit in Surgery is shown after",
      whole(median(times)),
      "",
      null,
      `(its forward pass: ${whole(median(passes))})`,
    ),
  );
  await tab.close();
}

async function lab(start) {
  const tab = await start("view=lab");
  await tab.getByRole("button", { name: "Train 600 steps" }).click();
  const started = Date.now();
  await tab
    .getByText(/^seed 0: step 600 of 600, done/)
    .first()
    .waitFor({ timeout: 600_000 });
  await tab.locator("[data-change]").waitFor({ timeout: 600_000 });
  const got = Date.now() - started;
  const step = await tab.locator("[data-change]").getAttribute("data-change");
  rows.push(
    row(
      "the lab's change is marked after",
      seconds(got),
      "<= 180 s",
      got <= 180_000,
      `(step ${Math.round(step)})`,
    ),
  );
  await tab.close();
}

async function smollm(start) {
  const tab = await start("view=heads");
  await tab.getByText("Live numbers").waitFor({ timeout: 60_000 });
  const before = await memory();
  await tab.evaluate(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ entryTypes: ["longtask"] });
    ${TOLD}
  `);
  await tab.getByRole("button", { name: "Open a model …" }).click();
  const started = Date.now();
  await tab.getByLabel("Files").setInputFiles(SMOLLM);
  await tab.getByRole("button", { name: "30 layers of 9 heads" }).waitFor({ timeout: 600_000 });
  await tab.getByText("Live numbers").waitFor({ timeout: 600_000 });
  const took = Date.now() - started;
  rows.push(row("SmolLM2 (98 MB) scored after", seconds(took), "<= 20 s", took <= 20_000));
  rows.push(timeLeftRow(await tab.evaluate("window.told")));
  await tab.getByRole("button", { name: "Switch it off" }).click();
  await tab.locator('[data-loss="secondCopy.after"][data-value]').waitFor({ timeout: 120_000 });
  const longest = await tab.evaluate("window.longest");
  rows.push(
    row(
      "longest task of the page meanwhile",
      whole(longest),
      "<= 200 ms",
      longest <= 200,
      "(0: none over 50)",
    ),
  );
  const heldBytes = await memory();
  await tab.locator(".model select").first().selectOption("zoo:attn-2l");
  await tab.getByRole("button", { name: "2 layers of 4 heads" }).waitFor({ timeout: 60_000 });
  await tab.getByText("Live numbers").waitFor({ timeout: 60_000 });
  await new Promise((settled) => setTimeout(settled, 3000));
  const after = await memory();
  const left = (after - before) / (heldBytes - before);
  const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(2)} GB`;
  rows.push(
    row(
      "of its memory left after unloading",
      `${(100 * left).toFixed(0)} %`,
      "<= 10 %",
      left <= 0.1,
      `(${gigabytes(before)} before, ${gigabytes(heldBytes)} with it, ${gigabytes(after)} after)`,
    ),
  );
  await tab.close();
}

/** How wrong the time left was at worst, where three seconds or more were left of a step. */
function timeLeftRow(readings) {
  const errors = readings.flatMap(({ at, step, left }, index) => {
    const [, words] = /about (\d+) s left/.exec(left) ?? [];
    const end = readings.slice(index).find((later) => later.step !== step);
    const truly = ((end?.at ?? at) - at) / 1000;
    return words === undefined || truly < 3 ? [] : [Math.abs(Number(words) - truly) / truly];
  });
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  const worst = Math.max(...errors);
  return errors.length === 0
    ? row("error of the time left", "never told", "<= 30 %", null)
    : row(
        "error of the time left, at worst",
        percent(worst),
        "<= 30 %",
        worst <= 0.3,
        `(median ${percent(median(errors))} of ${errors.length} readings)`,
      );
}

/** Resident bytes of all processes that draw pages. */
async function memory() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo
    .filter(({ type }) => type === "renderer")
    .reduce((sum, { id }) => {
      const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"));
      return sum + 1024 * Number(kilobytes);
    }, 0);
}
