/** @file Colours say the same in every theme, and where the system forces its own. */
import { expect, test } from "vitest";
import { describePage, live } from "./openPage.ts";

/** How an element is filled and stroked, with the colours of the page's roles beside it. */
const DRAWN = `{
  const probe = document.createElement("span");
  document.body.append(probe);
  probe.style.forcedColorAdjust = "none";
  const role = (name) => ((probe.style.color = "var(--" + name + ")"), getComputedStyle(probe).color);
  const of = (selector) => getComputedStyle(document.querySelector(selector));
  const found = {
    box: of('.figure [data-head="1.1"] rect').stroke,
    ground: of('.figure [data-head="1.1"] rect').fill,
    name: of('.figure [data-head="1.1"] text').fill,
    previous: of('.figure [data-head="0.0"] rect').stroke,
  };
  const page = { box: role("induction"), ground: role("panel"), name: role("text"), previous: role("previous") };
  probe.remove();
  [found, page];
}`;

/** How far apart two colours of the page are, as a ratio of contrast. */
const CONTRAST = `(one, other) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return bright / dark;
}`;

describePage("the colours of the explorer", (open) => {
  test("are in the drawing of the circuit what they are elsewhere, in every theme and in forced colours", async () => {
    const { tab, errors } = await open("#view=heads&head=1.0");
    await live(tab);
    for (const theme of ["light", "dark", "contrast", "system"]) {
      await tab.evaluate((name) => (location.hash = `#view=heads&head=1.0&theme=${name}`), theme);
      await tab.emulateMedia({ forcedColors: theme === "system" ? "active" : "none" });
      const drawn = async () => {
        const [found, page] = await tab.evaluate<[object, object]>(DRAWN);
        return JSON.stringify(found) === JSON.stringify(page) ? "the page's" : { found, page };
      };
      await tab.locator('.figure [data-head="1.1"]').waitFor();
      await expect.poll(drawn, { message: theme }).toBe("the page's");
    }
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("keep pictures readable where the system forces its colours and the theme is another one", async () => {
    const { tab } = await open("#view=start");
    await live(tab);
    await tab.locator(".arcs text.piece").first().waitFor();
    for (const [scheme, theme] of [
      ["light", "dark"],
      ["light", "contrast"],
      ["dark", "light"],
    ] as const) {
      await tab.emulateMedia({ forcedColors: "active", colorScheme: scheme });
      await tab.evaluate((name) => (location.hash = `#view=start&theme=${name}`), theme);
      await tab.locator(`html[data-theme=${theme}]`).waitFor();
      const least = () =>
        tab.evaluate<number>(`{
          const contrast = ${CONTRAST};
          const ground = getComputedStyle(document.querySelector("section")).backgroundColor;
          Math.min(...[...document.querySelectorAll(".arcs text")].map((text) => contrast(getComputedStyle(text).fill, ground)));
        }`);
      await expect.poll(least, { message: `${theme} on ${scheme}` }).toBeGreaterThan(4.5);
    }
    await tab.close();
  });

  test("leave the main button and the row that won marked where the system forces its colours", async () => {
    const { tab } = await open("#view=learn&lesson=1");
    await tab.locator("[data-score]").first().waitFor();
    await tab.emulateMedia({ forcedColors: "active" });
    await tab.getByRole("button", { name: / at 5 wins/ }).click();
    await tab.locator("tr.chosen").waitFor();
    const outline = await tab
      .locator("tr.chosen")
      .evaluate((row) => getComputedStyle(row).outlineStyle);
    expect(outline).toBe("solid");
    const ground = (name: string) =>
      tab
        .getByRole("button", { name, exact: true })
        .evaluate((button) => getComputedStyle(button).backgroundColor);
    expect(await ground("Next lesson")).not.toBe(await ground("Back"));
    await tab.close();
  });

  test("give a number of a query or a key the hue of its sign, however large it is", async () => {
    const { tab } = await open("#view=learn&lesson=1");
    await tab.locator("svg.product").nth(1).waitFor();
    for (const theme of ["light", "dark"]) {
      await tab.evaluate((name) => (location.hash = `#view=learn&lesson=1&theme=${name}`), theme);
      await tab.locator(`html[data-theme=${theme}]`).waitFor();
      const hues = await tab.evaluate<Record<string, string[]>>(`{
        const hues = { positive: new Set(), negative: new Set() };
        for (const strip of document.querySelectorAll("svg.product")) {
          const numbers = strip.getAttribute("aria-label").split(": ")[1].split(", ").map(Number);
          const cells = strip.querySelectorAll("g").length > 0 ? strip.querySelectorAll("g > rect:first-child") : strip.querySelectorAll("rect");
          numbers.forEach((number, at) => {
            if (number !== 0) hues[number > 0 ? "positive" : "negative"].add(getComputedStyle(cells[at]).fill);
          });
        }
        ({ positive: [...hues.positive], negative: [...hues.negative] });
      }`);
      expect(hues["positive"]).toHaveLength(1);
      expect(hues["negative"]).toHaveLength(1);
      expect(hues["positive"]).not.toEqual(hues["negative"]);
    }
    await tab.close();
  });
});
