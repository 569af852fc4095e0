import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { load, openEngine, score } from "../../src/index.ts";
import { shared, unlessShared } from "../shared.ts";
import { gitHash } from "../models/hub/fakeHub.ts";
import {
  PATIENT,
  at,
  checkLooks,
  describePage,
  lateAnswers,
  live,
  value,
  placeOnceStill,
} from "./openPage.ts";

const STORIES = unlessShared("data", "stories260k", "hf");
const SMOLLM = shared("data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf");
/** A minute or more of two cores: asked for by name. */

async function choose(tab: Page, files: Parameters<Page["setInputFiles"]>[1]): Promise<void> {
  await tab.getByRole("button", { name: "Open a model …" }).click();
  await tab.getByLabel("Files").setInputFiles(files);
}

/** Answers for the public hub: every model has these files, but for those of `no`. */
const servesHub = (folder: string) => (tab: Page) =>
  tab.route("https://huggingface.co/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    const headers = { "access-control-allow-origin": "*" };
    if (pathname.startsWith("/api/models/no/")) return route.fulfill({ status: 404, headers });
    const names = ["config.json", "model.safetensors"];
    const bytes = (name: string) => readFileSync(at(`${folder}/${name}`));
    const siblings = names.map((rfilename) => ({
      rfilename,
      size: bytes(rfilename).byteLength,
      blobId: gitHash(bytes(rfilename)),
    }));
    if (pathname.startsWith("/api/"))
      return route.fulfill({ headers, json: { sha: "a".repeat(40), siblings } });
    return route.fulfill({ headers, body: bytes(pathname.split("/").at(-1)!) });
  });

/** The page's scores of all heads against those of the library in Node. */
async function compare(tab: Page, path: string, numExamples: number): Promise<void> {
  const model = await load(path);
  const { scores } = await score(model, { backend: await openEngine(), numExamples });
  await model.close();
  const cells = tab.locator("[role=gridcell]");
  expect(await cells.count()).toBe(scores.induction.flat().length);
  const values = await cells.evaluateAll((all) =>
    all.map((cell) => Number((cell as HTMLElement).dataset["value"])),
  );
  scores.induction.flat().forEach((expected, at) => {
    expect(values[at]).toBeCloseTo(expected, 4);
  });
}

/** Models do not end opening, so that there is time to look. */
const ENDLESS_OPENING = lateAnswers("parameters", 1e9);

/** Files with what they hold and what the page says of them. */
const WRONG_FILES = [
  ["notes.txt", "hello", "a model is a folder with config.json and weights"],
  ["model.safetensors", "x", "choose the whole folder"],
  ["model.gguf", "hello, hello", "needs to begin with GGUF"],
  ["ckpt.pt", "hello, hello", "needs to be what torch.save writes"],
  ["config.json", "{", "config.json is not JSON"],
] as const;

describePage("models of the reader's own in the explorer", (open) => {
  test.skipIf(STORIES.skip)(
    `while a model is opened the page says what it is, what happens now and how far it is, and can be stopped${STORIES.note}`,
    async () => {
      const folder = shared("data", "stories260k", "hf")!;
      const { tab, errors } = await open("#", undefined, (early) =>
        early.addInitScript(ENDLESS_OPENING),
      );
      await choose(
        tab,
        readdirSync(folder).map((name) => join(folder, name)),
      );
      const opening = tab.getByRole("region", { name: /^Opening / });
      await opening.getByText("5 layers of 8 heads, 260 thousand parameters").waitFor();
      await opening.getByText("It knows 512 tokens and reads up to 512 at once.").waitFor();
      await opening.getByText(/^\d+\s%/).waitFor();
      expect(await opening.locator(".emptyMap i").count()).toBe(40);
      expect(await tab.getByRole("progressbar").count()).toBe(1);
      await opening.getByRole("button", { name: "Stop" }).click();
      await tab.getByText("Stopped.").waitFor();
      expect(await opening.count()).toBe(0);
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test.skipIf(STORIES.skip)(
    `a folder is sized, opened and scored, with the numbers of the library in Node${STORIES.note}`,
    async () => {
      const folder = shared("data", "stories260k", "hf")!;
      const { tab, errors, elsewhere } = await open();
      await choose(
        tab,
        readdirSync(folder).map((name) => join(folder, name)),
      );
      await tab.getByRole("button", { name: "5 layers of 8 heads" }).waitFor();
      await live(tab);
      await compare(tab, folder, 100);
      await tab.getByRole("button", { name: "See where it looks" }).click();
      await tab.locator("form.sequence select").first().selectOption("own");
      const ids = Array.from({ length: 512 }, (_, at) => 5 + ((at * 37) % 500));
      await tab.getByRole("textbox", { name: /numbers from 0 to/ }).fill(ids.join(" "));
      await tab.getByRole("button", { name: "Read it" }).click();
      await expect.poll(() => tab.locator(".token").count()).toBe(512);
      const matrix = tab.locator(".matrix");
      const { width, height } = (await matrix.boundingBox())!;
      await matrix.hover({ position: { x: 0.1 * width, y: 0.25 * height } });
      const cell = tab.locator("[data-cell]");
      await expect.poll(() => cell.getAttribute("data-cell")).toMatch(/^12[789],5[012]$/);
      expect(errors).toEqual([]);
      expect(elsewhere).toEqual([]);
      await tab.close();
    },
  );

  test("a model of the zoo is there from the start, with the scores of the zoo's own page", async () => {
    const { tab, errors, elsewhere } = await open("#view=heads&model=zoo:attn-2l&head=1.0");
    await live(tab);
    await compare(tab, "zoo:attn-2l", 100);
    expect(await value(tab, "[data-score=induction]")).toBeGreaterThan(0.9);
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("of files that are no model it says in a sentence why, and keeps the one that is open", async () => {
    const { tab } = await open("#head=1.2");
    await live(tab);
    for (const [name, text, message] of WRONG_FILES) {
      const buffer = Buffer.from(text);
      const files = tab.getByLabel("Files");
      if ((await files.count()) === 0)
        await tab.getByRole("button", { name: "Open a model …" }).click();
      await files.setInputFiles({ name, mimeType: "application/octet-stream", buffer });
      await tab.getByRole("alert").getByText(message).waitFor();
    }
    await live(tab);
    await tab.getByRole("heading", { name: "Head 1.2" }).waitFor();
    expect(new URL(tab.url()).hash).not.toContain("files:");
    await tab.close();
  });

  test("a model of the hub comes once the reader says so, and a link to one asks first", async () => {
    const { tab, errors, elsewhere } = await open(
      "#view=heads&model=hub:org/tiny@step600",
      undefined,
      servesHub("zoo/llama-gqa/checkpoints/step-001500"),
    );
    await tab.getByText("org/tiny@step600, a model of the hub").waitFor();
    expect(elsewhere).toEqual([]);
    await tab.getByRole("button", { name: "Fetch org/tiny@step600" }).click();
    await live(tab);
    await compare(tab, "zoo:llama-gqa", 100);
    expect(elsewhere.length).toBe(3);
    await tab.getByRole("button", { name: "Open a model …" }).click();
    await tab.getByLabel("Or the name of a model of the hub").fill("no/such");
    await tab.getByRole("button", { name: "Fetch it" }).click();
    await tab.getByText("the hub has no /api/models/no/such").waitFor();
    expect(new URL(tab.url()).hash).toContain("model=hub:no/such");
    expect(errors.filter((line) => !line.includes("404"))).toEqual([]);
    await tab.close();
  });

  test("a link to somebody else's file asks for the file", async () => {
    const { tab, errors } = await open("#model=files:mine.gguf");
    await tab.getByText("mine.gguf, a file of the reader who made it").waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  test.skipIf(!PATIENT || SMOLLM === null || !existsSync(SMOLLM ?? ""))(
    "SmolLM2's GGUF is scored and cut in the page (asked for with EXPLORER_PATIENT=1)",
    { timeout: 900_000 },
    async () => {
      const { tab, errors } = await open();
      await choose(tab, SMOLLM!);
      await tab.getByText(/this needs about 2\.\d GB of memory/i).waitFor();
      await tab.getByText("Live numbers").waitFor({ timeout: 800_000 });
      await compare(tab, SMOLLM!, 34);
      await tab.getByRole("button", { name: "Switch it off" }).click();
      await value(tab, '[data-loss="secondCopy.after"]');
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test("what opens a model lies over the page, moves nothing, and goes by Escape and by a click elsewhere", async () => {
    const { tab } = await open("#view=heads&model=zoo:attn-2l&head=1.0");
    await tab.getByText("Live numbers").waitFor();
    const box = tab.getByRole("group", { name: "Open a model" });
    const button = tab.getByRole("button", { name: "Open a model …" });
    for (const width of [1440, 961, 768, 360]) {
      await tab.setViewportSize({ width, height: 900 });
      const before = await placeOnceStill(tab.locator("main section").first());
      await button.click();
      expect(await tab.locator("main section").first().boundingBox()).toEqual(before);
      const { x, width: own } = (await box.boundingBox())!;
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + own).toBeLessThanOrEqual(width);
      await tab.keyboard.press("Escape");
      expect(await box.count()).toBe(0);
      expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    }
    await button.click();
    await tab.keyboard.press("Tab"); // into the box
    await tab.getByLabel("Files").waitFor();
    await tab.getByRole("heading", { level: 1 }).click();
    expect(await box.count()).toBe(0);
    await tab.close();
  });

  checkLooks(open, [
    {
      name: "bring-your-own",
      hash: "#view=heads&model=zoo:llama-gqa&head=1.0",
      ready: async (tab) => {
        await tab.getByRole("button", { name: "Open a model …" }).click();
        await tab.getByText("Live numbers").waitFor();
      },
    },
  ]);
});
