/** @file Models that are dropped on the page as a reader drops them, good and bad. */
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Page } from "playwright-core";
import { load, openEngine, runModel, score } from "../../src/index.ts";
import { emptyFolder } from "../cli/cli.ts";
import { LARGE, writeCheckpoint } from "../cli/checkpoint.ts";
import { viewOf } from "../../src/reportAnywhere.ts";
import { shared, unlessShared } from "../shared.ts";
import { at, describePage, live, PATIENT, value } from "./openPage.ts";

const NANOGPT = unlessShared("goldens", "nanogpt", "ckpt.pt");
const SHAKESPEARE = at("zoo/shakespeare/checkpoints/step-002000");

/** Files and folders come down in the middle of the page, as from a file manager. */
async function drop(tab: Page, ...files: readonly string[]): Promise<void> {
  await tab.getByRole("button", { name: "Open a model …" }).waitFor();
  const session = await tab.context().newCDPSession(tab);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 500, y: 400, data });
    await tab.waitForTimeout(100); // a hand is no quicker
  }
}

/** The page's scores of all heads against those of the library in Node. */
async function expectScores(tab: Page, path: string): Promise<void> {
  await live(tab);
  const model = await load(path);
  const { scores } = await score(model, { backend: await openEngine() });
  await model.close();
  const cells = tab.locator("[role=gridcell]");
  await expect.poll(() => cells.count()).toBe(scores.induction.flat().length);
  const values = await cells.evaluateAll((all) =>
    all.map((cell) => Number((cell as HTMLElement).dataset["value"])),
  );
  scores.induction.flat().forEach((expected, index) => {
    expect(values[index]).toBeCloseTo(expected, 4);
  });
}

/** What the page says of a drop that it did not open; the model that was open still is. */
async function refusal(tab: Page): Promise<string> {
  const line = tab.locator(".model [role=alert]");
  await line.getByText("could not be opened").waitFor();
  const words = await line.innerText();
  expect(words).toContain("attn-2l is still open.");
  await live(tab);
  return words;
}

describePage("models dropped on the explorer", (open) => {
  test("a folder with a tokenizer: scores, the reader's own text and its attention are the library's", async () => {
    const { tab, errors, elsewhere } = await open();
    await drop(tab, SHAKESPEARE);
    await tab.getByText(/tokenizer: \w/).waitFor({ state: "attached" });
    await expectScores(tab, SHAKESPEARE);
    const model = await load(SHAKESPEARE);
    const text = "ROMEO: ROMEO";
    const ids = (await model.tokenizer())!.encode(text);
    const patterns = new Map<string, Float32Array>();
    await runModel(model, {
      backend: await openEngine(),
      tokens: [ids],
      names: [0, 1].map((layer) => `blocks.${layer}.attn.hook_pattern`),
      receive: ({ name }, _, { data }) => void patterns.set(name, data),
    });
    await model.close();
    await tab.getByRole("button", { name: "Attention" }).click();
    await tab.locator("form.sequence select").first().selectOption("own");
    await tab.getByRole("textbox", { name: "Text" }).fill(text);
    await tab.getByRole("button", { name: "Read it" }).click();
    const tokens = tab.locator(".token");
    await expect.poll(() => tokens.count()).toBe(text.length);
    expect((await tokens.allInnerTexts()).join("")).toBe("ROMEO:·ROMEO");
    const cell = tab.locator("[data-cell]");
    const [layer, head] = /head (\d+)\.(\d+)/
      .exec(await tab.getByRole("heading", { level: 2 }).innerText())!
      .slice(1)
      .map(Number) as [number, number];
    const [query, key] = (await cell.getAttribute("data-cell"))!.split(",").map(Number);
    const place = (head * ids.length + query!) * ids.length + key!;
    expect(await value(tab, "[data-cell]")).toBeCloseTo(
      patterns.get(`blocks.${layer}.attn.hook_pattern`)![place]!,
      4,
    );
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("a folder that names code of its own opens once the reader says that its architecture holds", async () => {
    const folder = join(emptyFolder(), "own-code");
    const plain = at("zoo/llama-gqa/checkpoints/step-001500");
    cpSync(plain, folder, { recursive: true });
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as object;
    const auto_map = { AutoModelForCausalLM: "modeling_x.XForCausalLM" };
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, auto_map }));
    const { tab, errors } = await open();
    await drop(tab, folder);
    await tab.getByText("names code of its own").waitFor();
    await tab.getByRole("button", { name: "The declared architecture holds: open it" }).click();
    await tab
      .getByRole("combobox", { name: "Model" })
      .getByText("own-code")
      .waitFor({ state: "attached" });
    await expectScores(tab, plain);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test.skipIf(NANOGPT.skip)(`nanoGPT's checkpoint, a file alone${NANOGPT.note}`, async () => {
    const path = shared("goldens", "nanogpt", "ckpt.pt")!;
    const { tab, errors } = await open();
    await drop(tab, path);
    await tab.getByText("no tokenizer: token ids").waitFor({ state: "attached" });
    await expectScores(tab, path);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("a Result of the command line is shown as its report has it, beside the model that stays open", async () => {
    const stored = JSON.parse(readFileSync(at("explorer/generated/stored.json"), "utf8"));
    const folder = emptyFolder();
    const { tab, errors } = await open();
    await live(tab);
    for (const kind of ["ablate", "verdict"]) {
      writeFileSync(join(folder, `${kind}.json`), JSON.stringify(stored[kind]));
      await drop(tab, join(folder, `${kind}.json`));
      const { title, tables } = await viewOf({ name: kind, result: stored[kind] });
      const section = tab.locator("section.result");
      await section.getByRole("heading", { name: title, exact: true }).waitFor();
      await section.locator("summary").getByText(tables[0].caption, { exact: true }).waitFor();
      await section.locator(".figure > svg").first().waitFor();
    }
    await tab.getByRole("button", { name: "Close it" }).click();
    await tab.locator("section.result").waitFor({ state: "detached" });
    const wrong = join(folder, "wrong.json");
    writeFileSync(wrong, '{"schema":"induction-lens/ablate@1"}');
    await drop(tab, wrong);
    await tab.getByText("wrong.json does not fit its schema").waitFor();
    await tab.getByRole("heading", { name: /^Head / }).waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("of a model that is too large it says how much it needs before it reads any of it", async () => {
    const folder = join(emptyFolder(), "large");
    mkdirSync(folder);
    writeFileSync(join(folder, "config.json"), '{"model_type":"gpt2"}');
    const [parameters, bytes] = [2_000_000_000, 8_000_000_000];
    const header = `{"wte.weight":{"dtype":"F32","shape":[${parameters}],"data_offsets":[0,${bytes}]}}`;
    const start = Buffer.alloc(8 + header.length);
    start.writeBigUInt64LE(BigInt(header.length));
    start.write(header, 8);
    const weights = join(folder, "model.safetensors");
    writeFileSync(weights, start);
    truncateSync(weights, start.length + bytes); // takes no room on disk
    const { tab } = await open();
    await live(tab);
    await drop(tab, folder);
    expect(await refusal(tab)).toContain("it needs about 24.0 GB of memory, this browser gives");
    await tab.close();
  });

  test.skipIf(!PATIENT)(
    "a model that does not fit into what the browser gives runs in pieces, with the same scores (asked for with EXPLORER_PATIENT=1)",
    async () => {
      const folder = emptyFolder();
      await writeCheckpoint(folder, "pieces", { sizes: LARGE });
      const small = "Object.defineProperty(navigator, 'deviceMemory', { value: 0.12 });";
      const { tab, errors } = await open("#view=heads", { width: 1440 }, (page) =>
        page.route("**/worker-*.js", async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: `${small}${await response.text()}` });
        }),
      );
      await live(tab);
      const words: string[] = [];
      await tab.exposeFunction("heard", (text: string) => void words.push(text));
      await tab.evaluate(`new MutationObserver(() => heard(document.querySelector(".model .status").textContent))
      .observe(document.querySelector(".model"), { childList: true, characterData: true, subtree: true })`);
      await drop(tab, join(folder, "pieces"));
      await tab.getByRole("button", { name: "3 layers of 8 heads" }).waitFor();
      await expectScores(tab, join(folder, "pieces"));
      expect(words.some((text) => text.includes("it runs in pieces"))).toBe(true);
      expect(words.some((text) => /, \d+ pieces/.test(text))).toBe(true);
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test("work on it is stopped when the reader says so, and the page goes back", async () => {
    const folder = emptyFolder();
    await writeCheckpoint(folder, "slow", { sizes: LARGE });
    const { tab, errors } = await open("#head=1.2");
    await live(tab); // else it is the first model's work that is stopped
    await drop(tab, join(folder, "slow"));
    await tab.getByText("slow", { exact: true }).first().waitFor({ state: "attached" });
    await tab.getByText(/needs about [\d.]+ [MG]B of memory/).waitFor();
    await tab.getByRole("button", { name: "Stop" }).click();
    await tab.locator(".model [role=status]").getByText("Stopped.").waitFor();
    await tab.getByRole("button", { name: "Back to zoo:attn-2l" }).click();
    await live(tab);
    await tab.getByRole("heading", { name: "Head 1.0" }).waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("of a tokenizer that belongs to another model, or is none, it says so, and ids still work", async () => {
    const folder = join(emptyFolder(), "mixed");
    await writeCheckpoint(join(folder, ".."), "mixed");
    cpSync(join(SHAKESPEARE, "tokenizer.json"), join(folder, "tokenizer.json"));
    const { tab, errors } = await open("#view=attention&head=1.0");
    await drop(tab, folder);
    await tab.getByText("mixed", { exact: true }).first().waitFor({ state: "attached" });
    await live(tab);
    await tab.locator("form.sequence select").first().selectOption("own");
    await tab.getByRole("textbox", { name: "Text" }).fill("zzzz");
    await tab.getByRole("button", { name: "Read it" }).click();
    await tab
      .getByText(/the tokenizer beside the model is not of this model.*the model ids from 0 to 39/)
      .waitFor();
    writeFileSync(join(folder, "tokenizer.json"), "{");
    await drop(tab, folder);
    await tab.getByText(/its tokenizer cannot be read/).waitFor({ state: "attached" });
    await live(tab);
    await tab.locator("form.sequence select").first().selectOption("own");
    await tab.getByRole("textbox", { name: /numbers from 0 to/ }).fill("1 2 3 1 2");
    await tab.getByRole("button", { name: "Read it" }).click();
    await expect.poll(() => tab.locator(".token").count()).toBe(5);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("a tab that is closed in the middle of the work leaves nothing behind for the next one", async () => {
    const { tab } = await open("#view=lab");
    const browser = tab.context().browser()!;
    await tab.getByRole("button", { name: "Train 600 steps" }).click();
    await tab.locator("[data-step][data-gain]").waitFor();
    const other = await browser.newPage();
    onTestFinished(() => other.close());
    await other.goto(tab.url());
    await tab.close();
    await other.getByRole("button", { name: "Heads" }).click();
    await live(other);
  });

  test("keeps nothing in the browser's storage, so a full one changes nothing", async () => {
    const { tab, errors } = await open("#view=surgery&head=1.0");
    const session = await tab.context().newCDPSession(tab);
    const { origin } = new URL(tab.url());
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 0 });
    await tab.reload();
    await live(tab);
    await tab.getByRole("button", { name: "Zero", exact: true }).click();
    await value(tab, '[data-loss="secondCopy.after"]');
    const entries = await tab.evaluate(
      "Promise.all([caches.keys(), indexedDB.databases()]).then((all) => all.flat().length + localStorage.length + sessionStorage.length + document.cookie.length)",
    );
    expect(entries).toBe(0);
    expect(errors).toEqual([]);
    await tab.close();
  });
});
