/** @file Every view at every width and text size: nothing runs out of the page, nothing is cut. */
import { expect, test } from "vitest";
import { describePage, live } from "./openPage.ts";

const VIEWS = {
  "view=start&off=0.0:zero": ".price b",
  "view=learn&lesson=0": '[data-length="blocks.1.hook_resid_post"]',
  "view=learn&lesson=1": "[data-score]",
  "view=learn&lesson=2": "[data-share]",
  "view=learn&lesson=3": "[data-step][data-back][data-match][data-copied]",
  "view=learn&lesson=4": "[role=option]",
  "view=heads&off=1.2:zero": '[data-loss="secondCopy.after"][data-value]',
  "view=attention&form=matrix": "[data-cell]",
  "view=attention&form=lines": "[data-cell]",
  "view=surgery&off=0.0:zero": '[data-loss="secondCopy.after"]',
  "view=lab": "[aria-labelledby=lab]",
};
/** Text size in per cent, and widths at which it has to fit: 320 px is what 1280 px are at a zoom of 400 %. */
const SIZES = { 100: [320, 768, 1920], 150: [768], 200: [320, 768, 1920] };

/** What sticks out of the page, or is cut by its own box, in words; what scrolls by itself may be wider. */
const OUTSIDE = `
  [...document.querySelectorAll("main *, header *, nav *")]
    .filter((one) => one.checkVisibility() && !one.closest(".scroll, .grid .row, .heard, svg, .tokens, pre"))
    .filter((one) => {
      const { left, right, width } = one.getBoundingClientRect();
      const isCut = one.matches("button, select, td, th") && one.scrollWidth > one.clientWidth + 1;
      return width > 0 && (left < -1 || right > document.documentElement.clientWidth + 1 || isCut);
    })
    .slice(0, 3)
    .map((one) => one.outerHTML.slice(0, 120))`;

/** Cells of a map whose text is wider than they are; maps of many heads show no text when they are narrow. */
const CUT_CELLS = `
  [...document.querySelectorAll("main .cell")]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1).length`;

describePage("the explorer from 320 to 1920 px and from 100 to 200 % text", (open) => {
  test("nothing runs out of the page or is cut", { tags: ["slow"] }, async () => {
    const { tab, errors } = await open("#view=heads&head=1.2");
    await live(tab);
    for (const [hash, ready] of Object.entries(VIEWS)) {
      for (const [size, widths] of Object.entries(SIZES)) {
        await tab.evaluate(
          (address) => (location.hash = address),
          `#head=1.2&${hash}&size=${size}`,
        );
        await tab.locator(ready).first().waitFor();
        for (const width of widths) {
          const where = `${hash} at ${width} px, ${size} %`;
          await tab.setViewportSize({ width, height: 800 });
          await tab.evaluate(
            "new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))",
          );
          expect.soft(await tab.evaluate(OUTSIDE), where).toEqual([]);
          expect.soft(await tab.evaluate(CUT_CELLS), where).toBe(0);
          const wide = await tab.evaluate("document.documentElement.scrollWidth");
          expect.soft(wide, where).toBeLessThanOrEqual(width);
        }
      }
    }
    expect(errors).toEqual([]);
    await tab.close();
  });
});
