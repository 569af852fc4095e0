/** @file Models that are no decoder of attention alone: state-space models, hybrids, encoders, several stacks, and patches. */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { load, openEngine, runModel, scoreStacks, stackRows } from "../../src/index.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import type { ModelInputs } from "../../src/inputs/modelInputs.ts";
import { shared, unlessShared } from "../shared.ts";
import { at, describePage, live, PATIENT, value, type Open } from "./openPage.ts";

/** A pattern of a plain run: [head, query, key]. */
async function patternOf(model: LoadedModel, inputs: ModelInputs, name: string) {
  const values: { shape: readonly number[]; data: Float32Array }[] = [];
  await runModel(model, {
    ...{ backend: await openEngine(), inputs, names: [name] },
    receive: (_, __, { shape, data }) => void values.push({ shape, data }),
  });
  const { shape, data } = values[0]!;
  const [, , queries, keys] = shape as readonly [number, number, number, number];
  return (head: number, query: number, key: number) => data[(head * queries + query) * keys + key]!;
}

async function choose(tab: Page, folder: string) {
  await live(tab);
  const name = folder.split("/").at(-1)!;
  await tab.getByRole("button", { name: "Open a model …" }).click();
  const files = ["config.json", "model.safetensors"].map((file) => `${folder}/${file}`);
  await tab.getByLabel("Files").setInputFiles(files.filter((file) => existsSync(file)));
  await expect.poll(() => tab.title()).not.toContain("attn-2l");
  await live(tab);
  return name;
}

const chosenCell = async (tab: Page) =>
  (await tab.locator("[data-cell]").getAttribute("data-cell"))!.split(",").map(Number) as [
    number,
    number,
  ];

/** Every view and every lesson, each with what it says of itself once it is quiet. */
async function expectNoEngineWords(tab: Page) {
  for (const view of ["Start", "Heads", "Attention", "Surgery", "Learn"]) {
    await tab.locator("nav").getByRole("button", { name: view }).click();
    for (let lesson = 0; lesson < (view === "Learn" ? 5 : 1); lesson++) {
      const next = tab.getByRole("button", { name: "Next lesson" });
      if (lesson > 0 && (await next.count()) === 0) break; // the lessons are about decoders
      if (lesson > 0) await next.click();
      await tab.waitForTimeout(300);
      await expect
        .poll(() => tab.locator("main").innerText())
        .not.toMatch(/Measuring|Reading the|Choosing a sequence|Loading …|Opening/);
      expect(await tab.locator("main [role=alert]").allInnerTexts()).toEqual([]);
      expect(await tab.locator("main").innerText()).not.toMatch(/NaN|undefined|an edit needs/);
    }
  }
}

const FAMILIES = "test/fixtures/families";

/** Writes down every map that is not yet whole, since a fast machine shows it for a moment. */
const SEEN_SO_FAR = `
  window.seenSoFar = [];
  new MutationObserver(() => {
    const map = document.querySelector("[data-so-far]");
    if (map) window.seenSoFar.push({
      soFar: Number(map.dataset.soFar),
      cells: document.querySelectorAll("[role=gridcell]").length,
    });
  }).observe(document, { subtree: true, childList: true, attributes: true });
`;

describePage("kinds of models in the explorer", (open: Open) => {
  test("a state-space model: hidden attention is the library's and said to be that, cuts work, ideal patterns are not offered", async () => {
    const { tab, errors } = await open(
      "#view=attention&model=zoo:mamba2&head=0.1&text=7+23+51+40+7+23+51&at=6",
    );
    await live(tab);
    const shown = await value(tab, "[data-cell]");
    const [query, key] = await chosenCell(tab);
    const ids = [7, 23, 51, 40, 7, 23, 51];
    const weight = await patternOf(
      await load("zoo:mamba2"),
      { tokens: [ids] },
      "blocks.0.attn.hook_pattern",
    );
    expect(query).toBe(6);
    expect(shown).toBeCloseTo(weight(1, query, key), 4);
    await tab.locator("[data-scan='0']").getByText("hidden attention").waitFor();
    expect(await tab.getByRole("button", { name: "Why does it look there?" }).count()).toBe(0);
    await expectNoEngineWords(tab);
    await tab.locator("nav").getByRole("button", { name: "Surgery" }).click();
    expect(await tab.getByRole("button", { name: /^Ideal/ }).count()).toBe(0);
    await tab.getByRole("button", { name: "Zero", exact: true }).click();
    await tab.locator("[data-after='0.1:zero']").getByText(/^\d/).waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("a state-space model in the lessons: called that, and its numbers follow the state that is hidden", async () => {
    const { tab, errors } = await open("#view=learn&model=zoo:mamba2");
    await live(tab);
    await tab.getByText("This one is a state-space model.").waitFor();
    const after = tab.locator("[data-length='blocks.0.hook_resid_post']");
    await after.waitFor();
    const whole = await after.getAttribute("data-value");
    await tab.getByRole("button", { name: "Hide layer 0" }).click();
    await tab.getByText(/^The numbers at position \d+ without the state of layer 0,/).waitFor();
    await tab.getByText("Without the state of layer 0 the model gives").waitFor();
    expect(await after.getAttribute("data-value")).not.toBe(whole);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("a model without induction heads in the last lesson: its best head is not said to look for what came next", async () => {
    const { tab } = await open("#view=learn&lesson=4&model=zoo:attn-2l@0");
    await live(tab);
    await tab.getByText("too little to call it an induction head").waitFor();
    expect(await tab.getByText("which looks for what came next last time").count()).toBe(0);
    await tab.close();
  });

  test(
    "a hybrid: layers of attention and of scans in one map, each with its own patterns",
    { tags: ["slow"] },
    async () => {
      const { tab, errors } = await open("#view=heads");
      await choose(tab, at(`${FAMILIES}/jamba`));
      const model = await load(at(`${FAMILIES}/jamba`));
      const { headsByLayer } = model.architecture;
      const rows = tab.locator("[role=row]:not(.numbers)");
      for (const [layer, count] of headsByLayer!.entries())
        expect(await rows.nth(layer).locator("[role=gridcell]").count()).toBe(Math.min(count, 64));
      await expectNoEngineWords(tab);
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test("an encoder-decoder: a map for each direction and cross-attention, equal to the library's", async () => {
    const { tab, errors } = await open("#view=heads&model=zoo:t5");
    await live(tab);
    const model = await load("zoo:t5");
    const { parts } = await scoreStacks(model, { backend: await openEngine() });
    for (const [index, { scores, part }] of parts.entries()) {
      const map = tab.locator(`[data-part="${index}"]`);
      await map.getByRole("heading", { name: part }).waitFor();
      const values = await map
        .locator("[role=gridcell]")
        .evaluateAll((all) => all.map((cell) => Number((cell as HTMLElement).dataset["value"])));
      scores[0]!.values.flat().forEach((expected, head) => {
        expect(values[head]).toBeCloseTo(expected, 4);
      });
    }
    await tab
      .getByRole("button", { name: "encoder: 1 layer of 4 heads, decoder: 1 layer of 4 heads" })
      .waitFor();
    const cross = parts.findIndex(({ attention }) => attention === "cross");
    await tab.getByRole("heading", { name: `Head 0.3 of ${parts[cross]!.part}` }).waitFor(); // it scores highest
    await tab.locator(`[data-part="${cross}"] [data-at="0.2"]`).click();
    await tab.getByRole("heading", { name: `Head 0.2 of ${parts[cross]!.part}` }).waitFor();
    const rows = stackRows(model.program, model.architecture, { numExamples: 1, seqLen: 32 });
    const inputs = Object.fromEntries(
      [...rows.across!.copied].map(([name, { data }]) => [name, [[...data]]]),
    );
    const weight = await patternOf(model, inputs, "decoder.blocks.0.cross_attn.hook_pattern");
    const shown = await value(tab, "[data-cell]");
    const [query, key] = await chosenCell(tab);
    expect(shown).toBeCloseTo(weight(2, query, key), 4);
    const queries = inputs["decoder"]![0]!.length;
    expect(await tab.locator(".matrix canvas").getAttribute("height")).toBe(String(queries));
    await expectNoEngineWords(tab);
    expect(errors).toEqual([]);
    await tab.close();
  });

  // each takes some ten seconds of a browser; EXPLORER_PATIENT=1 has all
  const tiny = ["bart", "vit"];
  const others = ["llava", "mamba", "t5", "bert", "dinov2", "clip", "whisper", "falcon_mamba"];
  test.each([...tiny, ...(PATIENT ? others : [])])(
    "a tiny %s: every view shows what there is or says in a sentence what does it",
    async (name) => {
      const folder = shared("goldens", name);
      if (unlessShared("goldens", name).skip) return;
      const { tab, errors } = await open("#view=heads");
      await choose(tab, folder!);
      expect(await tab.title()).toBe(`Heads: ${name} – induction-lens`); // as its config.json says
      await expectNoEngineWords(tab);
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test("patches: what a patch looks at is the image that it sees, and choosing another shows that one's", async () => {
    const folder = shared("goldens", "vit");
    if (unlessShared("goldens", "vit").skip) return;
    const { tab, errors } = await open("#view=heads");
    await choose(tab, folder!);
    const model = await load(folder!);
    const { size, patch, before } = model.architecture.image!;
    const side = Math.floor(size / patch);
    const { shape, data } = stackRows(model.program, model.architecture, {
      numExamples: 1,
    }).self.get("pixels")!;
    const weight = await patternOf(
      model,
      { pixels: { shape, data: data as Float32Array } },
      "blocks.0.attn.hook_pattern",
    );
    await tab.locator('[data-part="0"] [data-at="0.1"]').click();
    expect(await tab.locator(".matrix canvas").getAttribute("width")).toBe(String(side));
    const box = (await tab.locator(".matrix").boundingBox())!;
    await tab.mouse.click(box.x + 1, box.y + 1); // the first patch
    await expect.poll(async () => (await chosenCell(tab))[0]).toBe(before);
    const [query, key] = await chosenCell(tab);
    expect(await value(tab, "[data-cell]")).toBeCloseTo(weight(1, query, key), 4);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("the map of a model fills while it is measured, with the means of the first sequences, and ends as the whole", async () => {
    const { tab } = await open("#view=heads&model=zoo:shakespeare", undefined, (early) =>
      early.addInitScript(SEEN_SO_FAR),
    );
    await live(tab);
    await tab.getByText("over 100 sequences").waitFor();
    expect(await tab.locator("[data-so-far]").count()).toBe(0);
    const maps = await tab.evaluate<{ soFar: number; cells: number }[]>("window.seenSoFar");
    expect(maps.length).toBeGreaterThan(0);
    for (const { soFar, cells } of maps) {
      expect(soFar).toBeGreaterThan(0);
      expect(soFar).toBeLessThan(100);
      expect(cells).toBe(16);
    }
    await tab.close();
  });
});
