/** @file `explore --share`: the folder on a plain static host, under a path, and its figures in an iframe of somebody else's page. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { ScoreResult } from "../../src/index.ts";
import { PAGE_KEYS, PAGE_VIEWS, pageState } from "../../src/server/pageState.ts";
import { cli, emptyFolder } from "../cli/cli.ts";
import { CHROMIUM, PATIENT_MS, at, lacks, live } from "./openPage.ts";
import { servePage } from "./servePage.ts";

const LLAMA = at("zoo/llama-gqa/checkpoints/step-001500");
const FIGURES = ["arcs", "circuit", "map", "pattern"];

/** A page elsewhere with the figure in a frame that may run scripts and nothing else. */
async function blogWith(address: string) {
  const server = createServer((_, response) =>
    response
      .writeHead(200, { "content-type": "text/html" })
      .end(`<!doctype html><iframe src="${address}" sandbox="allow-scripts"></iframe>`),
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

const title = `explore --share${lacks ? ` (skipped: ${lacks})` : ""}`;
describe.skipIf(lacks !== null)(title, { timeout: 3 * PATIENT_MS }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  /** A shared folder of a copy of llama-gqa, served, and a tab on it. */
  async function shared(...args: string[]) {
    const folder = emptyFolder();
    cpSync(LLAMA, join(folder, "mine"), { recursive: true });
    const { stderr, code } = await cli(folder, ["explore", "mine", "--share", "out", ...args]);
    expect([code, stderr], stderr).toEqual([0, expect.stringContaining("wrote out")]);
    const site = await servePage(join(folder, "out"));
    onTestFinished(() => void site.close());
    const tab = await browser.newPage();
    tab.setDefaultTimeout(PATIENT_MS);
    onTestFinished(() => tab.close());
    const errors: string[] = [];
    tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    tab.on("pageerror", (error) => errors.push(String(error)));
    return { folder, site, tab, errors };
  }

  const shownScores = (tab: Page) =>
    tab
      .locator("[role=gridcell]")
      .evaluateAll((all) => all.map((cell) => Number((cell as HTMLElement).dataset["value"])));

  test("without weights the page has the command line's numbers and verdict, and says what brings the rest", async () => {
    const { folder, site, tab, errors } = await shared("--at", "view=attention&head=1.0");
    await tab.goto(site.address);
    await tab.getByText("Attention computes with the model itself").waitFor();
    await tab.locator(".figure > svg").waitFor();
    await tab.getByRole("button", { name: "See the stored numbers" }).click();
    const scored = await cli(folder, ["score", "mine", "--json"]);
    const { scores } = JSON.parse(scored.stdout) as ScoreResult;
    await tab.locator("[data-verdict]").waitFor();
    await tab.locator('[data-loss="firstCopy.before"]').getByText("waits for the model").waitFor();
    expect(await shownScores(tab)).toEqual(scores.induction.flat());
    expect(await tab.content()).not.toContain(folder);
    const files = ["config.json", "model.safetensors"].map((name) => join(LLAMA, name));
    expect(await tab.locator(".bring").count()).toBe(0); // a reader of the numbers is not asked for files
    await tab.getByRole("button", { name: "Open a model …" }).click();
    await tab.locator(".bring input[type=file]").first().setInputFiles(files);
    await live(tab);
    await tab.locator("[data-verdict]").waitFor(); // the same weights, so the same verdict
    expect(errors).toEqual([]);

    for (const name of FIGURES) {
      const path = join(folder, "out", "figure", `${name}.html`);
      expect(readFileSync(path).byteLength, name).toBeLessThan(120_000);
      await tab.goto(await blogWith(`${site.address}figure/${name}.html#theme=dark`));
      const frame = tab.frames()[1]!;
      await frame.locator(".picture.dark > svg").waitFor();
      expect(await frame.locator(".picture.light").isVisible(), name).toBe(false);
      await frame.getByText("As a table").click();
      expect(await frame.locator("tbody tr").count(), name).toBeGreaterThan(1);
    }
    expect(errors).toEqual([]);
  });

  test("--at knows every name that the page's address may have, and every view", async () => {
    const site = await servePage(at("explorer/dist"));
    onTestFinished(() => void site.close());
    const tab = await browser.newPage();
    tab.setDefaultTimeout(PATIENT_MS);
    onTestFinished(() => tab.close());
    await tab.goto(
      `${site.address}#view=lab&head=1.2&period=8&seed=3&form=arcs&part=1&weighted=true&trained=true&lesson=2&present=true&beside=trained&ids=true&device=wasm&theme=dark&size=150&off=1.2:zero&text=a&at=3&key=1`,
    );
    const views = tab.getByRole("navigation").getByRole("button");
    await views.first().waitFor();
    const names = [...new URLSearchParams(new URL(tab.url()).hash.slice(1)).keys()];
    expect(names.toSorted()).toEqual([...PAGE_KEYS].toSorted());
    const viewNames = (await views.allInnerTexts()).map((text) =>
      text.replace(/^\S+\s+/, "").toLowerCase(),
    );
    expect(viewNames).toEqual([...PAGE_VIEWS]);
  });

  test("with weights it opens at the view and computes, with Results that were there already", async () => {
    const ownFolder = emptyFolder();
    cpSync(LLAMA, join(ownFolder, "mine"), { recursive: true });
    const scored = await cli(ownFolder, ["score", "mine", "--json"]);
    writeFileSync(join(ownFolder, "score.json"), scored.stdout);
    const view = "http://127.0.0.1:1234/#view=surgery&head=1.0&off=0.1:zero&model=served";
    const { site, tab, errors } = await shared(
      ...["--weights", "--at", view, "--results", join(ownFolder, "score.json")],
    );
    await tab.goto(site.address);
    await live(tab);
    await tab.locator('[data-after="0.1:zero"]').waitFor();
    expect(new URL(tab.url()).hash).toContain("model=served");
    expect(errors).toEqual([]);
  });
});

test("refuses what it could not share truly, and flags that would do nothing", async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "site"));
  writeFileSync(join(folder, "site", "index.html"), "<h1>mine</h1>");
  const other = await cli(folder, ["score", "zoo:attn-1l", "--json"]);
  writeFileSync(join(folder, "other.json"), other.stdout);
  const errorOf = async (...args: string[]) => (await cli(folder, ["explore", ...args])).stderr;
  expect(await errorOf("--weights")).toContain("--weights needs --share FOLDER");
  expect(await errorOf("--share", "out", "--port", "1")).toContain("--port is for serving");
  expect(await errorOf("--share", ".")).toContain("files not written by induction-lens");
  expect(await errorOf("--share", "site")).toContain("is not one that explore --share wrote");
  expect(readFileSync(join(folder, "site", "index.html"), "utf8")).toBe("<h1>mine</h1>");
  expect(await errorOf("--share", "out", "--at", "veiw=heads")).toContain("did you mean view?");
  expect(await errorOf("--share", "out", "--results", "other.json")).toContain(
    "has a Result of other weights",
  );
});

test("--at takes a state by itself or in a whole address, without its model and token", () => {
  expect(pageState("view=heads&model=zoo:x&token=y").toString()).toBe("view=heads");
  expect(pageState("http://127.0.0.1:1/#view=lab").toString()).toBe("view=lab");
});
