import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { load } from "../../../src/index.ts";
import { notTested } from "../../../src/studies/card/notTested.ts";
import { canRun } from "../../../src/studies/common/canRun.ts";
import { RULE_VERSION } from "../../../src/studies/verdict/ruleVersion.ts";
import { verdictWords } from "../../../src/studies/verdict/verdictWords.ts";
import { readCards } from "../../../src/cli/atlas/readCards.ts";
import { headCardResult, type CardResult } from "../../../src/studies/card/result.ts";
import { cli, emptyFolder } from "../cli.ts";

const ATLAS = join(import.meta.dirname, "../../../docs/atlas");
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const ZOO = ["attn-1l", "attn-2l", "llama-gqa", "mamba2", "shakespeare"];
const LASTING = 120_000;

const cardOf = (name: string) =>
  JSON.parse(readFileSync(join(ATLAS, `${name}.json`), "utf8")) as CardResult;

/** A folder with these cards, in folders as `card` writes them. */
function folderOf(cards: readonly unknown[]): string {
  const folder = emptyFolder();
  cards.forEach((card, place) => {
    mkdirSync(join(folder, `cards/${place}`), { recursive: true });
    writeFileSync(join(folder, `cards/${place}/card.json`), JSON.stringify(card));
  });
  return folder;
}

const renamed = (card: CardResult, id: string, parameters = card.parameters): CardResult => ({
  ...card,
  ...{ parameters, model: { ...card.model, id } },
});

describe("docs/atlas", () => {
  test("has a page and a whole card of each of its models, and names all on its first page", () => {
    const index = readFileSync(join(ATLAS, "index.html"), "utf8");
    const names = readdirSync(ATLAS).filter((file) => file.endsWith(".json"));
    expect(names).toEqual(expect.arrayContaining(ZOO.map((name) => `${name}.json`)));
    for (const name of names) {
      const { model } = headCardResult.parse(cardOf(name.slice(0, -5)));
      expect(index).toContain(`<a href="${name.replace(".json", ".html")}">${model.id}</a>`);
      expect(existsSync(join(ATLAS, name.replace(".json", ".html")))).toBe(true);
      expect(model.id).not.toMatch(/^\//);
    }
  });
});

describe("cards of docs/atlas", () => {
  test.each(ZOO)("zoo:%s is of the weights that are in the zoo", async (name) => {
    const model = await load(`zoo:${name}`);
    await model.close();
    expect(cardOf(name).model).toMatchObject({ id: `zoo:${name}`, sha256: model.sha256 });
  });

  test("say what this version says of their evidence, and were labelled by its rule", () => {
    for (const file of readdirSync(ATLAS).filter((name) => name.endsWith(".json"))) {
      const card = cardOf(file.slice(0, -5));
      expect(card.verdict.ruleVersion, file).toBe(RULE_VERSION);
      expect(card.notTested, file).toEqual(notTested(card.verdict));
      expect(card.verdict.words, file).toEqual(verdictWords(card.verdict));
    }
  });

  test("leave out the model of the zoo that cannot have one, and the first page says why", async () => {
    const model = await load("zoo:t5");
    await model.close();
    expect(canRun("verdict", model)).not.toBeNull();
    const index = readFileSync(join(ATLAS, "index.html"), "utf8");
    expect(index).toContain("encoder-decoders (T5, Whisper), score and ablate say");
  });
});

describe("readCards(folder)", () => {
  test("finds cards by what they are, the same once, and names each for its files", async () => {
    const card = cardOf("attn-2l");
    const others = ["../../x", "A/b c", "a/B-C", "index", "é"].map((id) => renamed(card, id));
    const folder = folderOf([card, { ...card, timings: { totalMs: 5 } }, ...others]);
    writeFileSync(join(folder, "other.json"), "[1, 2]");
    const cards = await readCards(folder);
    expect(cards.map(({ slug }) => slug).sort()).toEqual(
      ["a-b-c", "a-b-c-2", "attn-2l", "index-2", "model", "x"].sort(),
    );
  });

  test.each([
    ["no cards", () => folderOf([]), /has no cards/],
    ["a card cut short", () => cutShort(), /cards\/0\/card\.json is not JSON/],
    [
      "a card without its verdict",
      () => folderOf([{ ...cardOf("attn-2l"), verdict: 1 }]),
      /is not a whole card: verdict/,
    ],
    ["no folder", () => "./nowhere", /cannot read the folder \.\/nowhere/],
  ])("refuses %s in a sentence", async (_, folder, sentence) => {
    await expect(readCards(folder())).rejects.toThrow(sentence);
  });
});

function cutShort(): string {
  const folder = folderOf([cardOf("attn-2l")]);
  const file = join(folder, "cards/0/card.json");
  writeFileSync(file, readFileSync(file, "utf8").slice(0, -20));
  return folder;
}

describe("atlas (runs the built package)", () => {
  test(
    "writes a site whose names cannot forge it, that is made anew from itself, and keeps what is not its own",
    async () => {
      const card = cardOf("attn-2l");
      const folder = folderOf([card, renamed(card, "<img src=x>", 5 * card.parameters)]);
      expect(await cli(folder, ["atlas", "cards", "--out", "site"])).toMatchObject({ code: 0 });
      const index = readFileSync(join(folder, "site/index.html"), "utf8");
      expect(index).not.toContain("<img");
      expect(index).toContain("Family transformer_lens");
      const before = readdirSync(join(folder, "site")).map((name) =>
        readFileSync(join(folder, "site", name), "utf8"),
      );
      expect(await cli(folder, ["atlas", "site", "--out", "site"])).toMatchObject({ code: 0 });
      expect(
        readdirSync(join(folder, "site")).map((name) =>
          readFileSync(join(folder, "site", name), "utf8"),
        ),
      ).toEqual(before);
      writeFileSync(join(folder, "site/mine.txt"), "mine");
      expect(await cli(folder, ["atlas", "cards", "--out", "site"])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("mine.txt") as string,
      });
    },
    LASTING,
  );

  test.skipIf(!existsSync(CHROMIUM))(
    "searches heads by label, flag and text in Chromium, keeps the search in the address, and fits a phone",
    async () => {
      const folder = folderOf([cardOf("attn-2l"), cardOf("llama-gqa")]);
      cpSync(join(ATLAS, "attn-1l.json"), join(folder, "cards/one.json"));
      await cli(folder, ["atlas", "cards", "--out", "site"]);
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
      try {
        const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
        const faults: string[] = [];
        page.on("pageerror", ({ message }) => faults.push(message));
        page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
        const address = pathToFileURL(join(folder, "site/index.html")).href;
        await page.goto(address);
        const outputText = () => page.textContent("output");
        expect(await outputText()).toBe("20 of 20");
        await page.selectOption("select[name=label]", "induction");
        expect(await outputText()).toBe("8 of 20");
        await page.fill("input[name=text]", "LLAMA");
        expect(await outputText()).toBe("4 of 20");
        const [visible] = await page.$$eval("#heads tbody", ([body]) => [
          [...(body as HTMLTableSectionElement).rows].filter((row) => row.offsetHeight > 0).length,
        ]);
        expect(visible).toBe(4);
        const again = await browser.newPage();
        await again.goto(page.url());
        expect(await again.textContent("output")).toBe("4 of 20");
        await page.selectOption("select[name=flag]", "redundant");
        expect(await outputText()).toMatch(/^[0-4] of 20$/);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(
          0,
        );
        await page.click("#models a");
        expect(await page.title()).toContain("Heads of");
        expect(faults).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    LASTING,
  );
});
