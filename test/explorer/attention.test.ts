import { join } from "node:path";
import { expect, test } from "vitest";
import { attention, openEngine, runModel, why, type Tensor } from "../../src/browser.ts";
import { load } from "../../src/index.ts";
import { emptyFolder } from "../cli/cli.ts";
import { SMALL, writeCheckpoint } from "../cli/checkpoint.ts";
import { checkLooks, describePage, live, PATIENT, saved, value } from "./openPage.ts";

/** The values that a plain run of zoo:attn-2l has on `tokens`. */
async function values(tokens: readonly number[], names: readonly string[]) {
  const captures = new Map<string, Tensor>();
  const model = await load("zoo:attn-2l");
  await runModel(model, {
    backend: await openEngine(),
    tokens: [tokens],
    names,
    receive: ({ name }, _, tensor) => {
      captures.set(name, tensor);
    },
  });
  return captures;
}

const IDS = [7, 23, 51, 40, 7, 23, 51];
const OWN = `&text=${IDS.join("+")}`;

describePage("attention in the explorer", (open) => {
  test("shows the weights that the library computes, plain and times the norm of the value", async () => {
    const names = ["blocks.1.attn.hook_pattern", "blocks.1.attn.hook_v"];
    const plain = await values(IDS, names);
    const length = IDS.length;
    const { data } = plain.get(names[0]!)!;
    const weight = (query: number, key: number) => data[(2 * length + query) * length + key]!;
    const { tab, errors, elsewhere } = await open(`#view=attention&head=1.2&at=6${OWN}`);
    const cell = "[data-cell]";
    const before = await value(tab, cell);
    const [query, key] = (await tab.locator(cell).getAttribute("data-cell"))!
      .split(",")
      .map(Number) as [number, number];
    expect([query, key]).toEqual([6, 3]); // 40 came after the last 51
    expect(before).toBeCloseTo(weight(6, 3), 4);
    await tab.getByRole("button", { name: "Times the size of the value" }).click();
    await expect.poll(() => value(tab, cell)).not.toBe(before);
    const v = plain.get(names[1]!)!;
    const width = v.shape.at(-1)!;
    const at = (3 * 4 + 2) * width; // position 3, head 2
    expect(await value(tab, cell)).toBeCloseTo(
      weight(6, 3) * Math.hypot(...v.data.subarray(at, at + width)),
      3,
    );
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("has the tokens at both sides of the matrix, its scale, and dashed lines where induction looks", async () => {
    const { tab } = await open("#view=attention&head=1.0&period=4");
    await live(tab);
    await tab.locator(".axis.keys span").first().waitFor();
    const pieces = await tab.locator(".token").allInnerTexts();
    for (const side of ["queries", "keys"])
      expect(await tab.locator(`.axis.${side} span`).allInnerTexts()).toEqual(pieces);
    await tab.getByText("between the dashed lines: where induction looks").waitFor();
    const { x, y, width, height } = (await tab.locator(".matrix").boundingBox())!;
    const cells = (await tab.locator(".matrix canvas").boundingBox())!;
    expect([cells.width, cells.height]).toEqual([width - 2, height - 2]); // its frame: cells lie where their numbers are
    const line = (await tab.locator(".matrix .stripe path").boundingBox())!;
    // queries 4 to 7 look at keys 1 to 4: a band from (1, 4) to (5, 8) of the eight tokens
    expect((line.x - x) / width).toBeCloseTo(1 / 8, 1);
    expect((line.y - y) / width).toBeCloseTo(4 / 8, 1);
    await tab.close();
  });

  test("draws lines in the colours of a theme that is chosen later, and shows the token whose arcs are drawn", async () => {
    const { tab } = await open("#view=attention&head=1.0&form=lines&theme=light");
    await tab.locator("canvas.lines").waitFor();
    const brightest = () =>
      tab.evaluate<number>(`(() => {
        const canvas = document.querySelector("canvas.lines");
        const names = canvas.getContext("2d").getImageData(0, 0, canvas.width / 4, canvas.height);
        return names.data.reduce((most, value, at) => (at % 4 === 0 ? Math.max(most, value) : most));
      })()`);
    await expect.poll(brightest).toBeLessThan(100);
    await tab.evaluate("location.hash = '#view=attention&head=1.0&form=lines&theme=dark'");
    await expect.poll(brightest).toBeGreaterThan(200);
    await tab.setViewportSize({ width: 360, height: 800 });
    await tab.evaluate("location.hash = '#view=attention&head=1.0&form=arcs'");
    await expect
      .poll(async () => (await tab.locator("rect.query").boundingBox())!.x)
      .toBeLessThan(340);
    await tab.close();
  });

  test("takes the score of a cell apart as the library does, into parts that sum to it", async () => {
    const model = await load("zoo:attn-2l");
    const study = await why(model, {
      backend: await openEngine(),
      tokens: IDS,
      head: "1.2",
      query: 6,
      key: 3,
    });
    const { tab, errors } = await open(`#view=attention&head=1.2&at=6${OWN}`);
    await tab.getByRole("button", { name: "Why does it look there?" }).click();
    const sum = await value(tab, '[data-part="sum"]');
    expect(sum).toBeCloseTo(study.cell.score, 3);
    const parts = await tab
      .locator("[data-part]:not([data-part=sum])")
      .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLElement).dataset["value"])));
    expect(parts.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 3);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("is walked by keyboard: tokens with arrows, Enter locks, Escape lets go, the matrix cell by cell", async () => {
    const { tab } = await open(`#view=attention&head=1.2${OWN}`);
    await live(tab);
    const tokens = tab.getByRole("listbox");
    await tokens.getByRole("option", { selected: true }).focus();
    await tab.keyboard.press("Home");
    await tab.keyboard.press("ArrowRight");
    await tab.keyboard.press("Enter");
    await expect.poll(() => new URL(tab.url()).hash).toContain("at=1");
    await tab.keyboard.press("Escape");
    await expect.poll(() => new URL(tab.url()).hash).not.toContain("at=");
    const matrix = tab.getByRole("application");
    await matrix.focus();
    await tab.keyboard.press("ArrowDown");
    expect(await tab.locator("[data-cell][role=status]").innerText()).toMatch(/at 2 looks at/);
    await tab.close();
  });

  test("hands over the figure and the numbers that the command line has", async () => {
    const model = await load("zoo:attn-2l");
    const study = await attention(model, {
      backend: await openEngine(),
      tokens: [IDS],
      heads: ["1.2"],
    });
    const { tab, errors } = await open(`#view=attention&head=1.2${OWN}`);
    await live(tab);
    const svg = await saved(tab, "SVG");
    expect(svg).toContain("query: the token that looks");
    expect(svg).toContain("1.2");
    const weights = (text: string) => (JSON.parse(text) as typeof study).heads[0]!.weights;
    weights(await saved(tab, "JSON")).forEach((row, query) =>
      row.forEach((weight, key) =>
        expect(weight).toBeCloseTo(study.heads[0]!.weights[query]![key]!, 4),
      ),
    );
    expect(errors).toEqual([]);
    await tab.close();
  });

  // scores 256 heads in the browser first, which takes it most of a minute
  test.skipIf(!PATIENT)(
    "refuses a text that has no room before it is run, says how long one may be, and offers no longer blocks (asked for with EXPLORER_PATIENT=1)",
    async () => {
      const folder = emptyFolder();
      const sizes = { ...SMALL, contextLength: 1800, width: 64, heads: 32, layers: 8 };
      await writeCheckpoint(folder, "wide", { sizes });
      const longest = Math.floor(Math.sqrt(1.2e9 / (8 * 32 * 8))); // two arrays of heads by length by length, but for the weights
      const { tab } = await open("#view=attention");
      await live(tab);
      await tab.getByRole("button", { name: "Open a model …" }).click();
      const files = ["config.json", "model.safetensors"].map((name) => join(folder, "wide", name));
      await tab.getByLabel("Files").setInputFiles(files);
      await tab.getByRole("button", { name: "8 layers of 32 heads" }).waitFor();
      await live(tab);
      const blocks = tab.locator("form.sequence select").nth(1).locator("option");
      expect(Math.max(...(await blocks.allInnerTexts()).map(Number))).toBe(256);
      await tab.locator("form.sequence select").first().selectOption("own");
      const ids = Array.from({ length: 1700 }, (_, at) => at % 40).join(" ");
      await tab.getByRole("textbox", { name: /numbers from 0 to/ }).fill(ids);
      await tab.getByRole("button", { name: "Read it" }).click();
      const refusal = tab.locator("form.sequence [role=alert]");
      await refusal
        .getByText("1700 tokens of this model do not fit into this browser's memory")
        .waitFor();
      const [, about] = /about (\d+) do/.exec(await refusal.innerText())!;
      expect(Number(about)).toBeLessThan(longest); // weights take some of it
      expect(Number(about)).toBeGreaterThan(0.9 * longest);
      await tab.close();
    },
  );

  test("names the chosen row and column of a narrow matrix, and says where nothing looks", async () => {
    const { tab } = await open("#view=attention&head=1.0&at=31&key=15", { width: 360 });
    await live(tab);
    await tab.locator('[data-cell="31,15"]').waitFor();
    for (const axis of ["queries", "keys"]) {
      const name = tab.locator(`.axis.${axis} .chosen`);
      expect(await name.innerText()).toBe("jug");
      const [outer, inner] = [
        (await tab.locator(`.axis.${axis}`).boundingBox())!,
        (await name.boundingBox())!,
      ];
      expect(inner.y).toBeGreaterThanOrEqual(outer.y - 1);
      expect(inner.y + inner.height).toBeLessThanOrEqual(outer.y + outer.height + 1);
      expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width + 1);
    }
    await tab.evaluate("location.hash = '#view=attention&head=1.0&period=8&form=arcs'");
    const list = tab.getByRole("table", { name: /^What looks at \w+ at 15/ });
    await list.getByRole("rowheader", { name: "none" }).waitFor();
    await tab.locator(".arcs").getByText("again").waitFor();
    await tab.close();
  });

  test("says what is wrong with tokens that the model does not have", async () => {
    const { tab } = await open("#view=attention&head=1.2&text=7+999");
    await tab.getByText("it takes ids from 0 to 63, got 999").waitFor();
    await tab.close();
  });

  checkLooks(
    open,
    ["matrix", "arcs", "lines"].map((form) => ({
      name: `attention-${form}`,
      hash: `#view=attention&head=1.2&form=${form}`,
      ready: (tab) => tab.locator("[data-cell]").waitFor(),
    })),
  );
});
