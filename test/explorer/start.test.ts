import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ablate, headName, openEngine } from "../../src/browser.ts";
import { load } from "../../src/index.ts";
import { at, checkLooks, describePage, live, value, placeOnceStill } from "./openPage.ts";

/** Keeps the names of what the page asks of the engine's thread. */
const COUNTED = `{
  window.asked = [];
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (...given) {
    if (given[0]?.kind === "ask") window.asked.push(given[0].name);
    post.apply(this, given);
  };
}`;

describePage("the first screen of the explorer", (open) => {
  test("has a sequence, the right guess and its loss; a head that is cut takes the arc, the guess and the loss along", async () => {
    const { tab, errors, elsewhere } = await open("#");
    await tab.getByRole("heading", { name: "This model has learnt to copy. Break it." }).waitFor();
    await live(tab);
    const match = tab.locator('[data-arc="10,5"]');
    await match.waitFor();
    expect(Number(await match.getAttribute("data-value"))).toBeGreaterThan(0.95);
    const first = tab.locator("table.guess tr").first();
    expect(await first.innerText()).toMatch(/✓/);
    await tab.getByRole("button", { name: "Cut 0.0, which looks one back" }).click();
    await tab.locator('.price[data-of="0.0"]').waitFor();
    const study = await ablate(await load("zoo:attn-2l"), {
      backend: await openEngine(),
      kind: "zero",
      sets: [["0.0"]],
    });
    const after = study.loss.secondCopy + study.sets[0]!.secondCopy;
    expect(await value(tab, ".price [data-loss]")).toBeCloseTo(after, 4);
    expect(await tab.locator(".price b").innerText()).toBe(
      `${study.loss.secondCopy.toFixed(2)} → ${after.toFixed(2)}`,
    );
    await match.waitFor({ state: "detached" });
    await tab.getByRole("button", { name: "Cut head 1.0, ◆ induction" }).click();
    await tab.locator('.price[data-of="0.0,1.0"]').waitFor();
    expect(new URL(tab.url()).hash).toContain("off=0.0:zero,1.0:zero");
    await tab.getByRole("button", { name: "All heads on" }).click();
    await match.waitFor();
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("has the words of every arc inside the page at every width, also of a head that is cut or finds nothing", async () => {
    const { tab } = await open("#off=0.0:zero");
    await live(tab);
    await tab.locator('.price[data-of="0.0"]').waitFor();
    for (const width of [360, 768, 1440]) {
      await tab.setViewportSize({ width, height: 900 });
      for (const words of [
        "head 0.0 is cut: it passes nothing on",
        /head 1.0 gives only .* to what came after/,
      ]) {
        const label = tab.locator(".start").getByText(words);
        await label.waitFor();
        const { x, width: wide } = await placeOnceStill(label);
        expect(x, `${words} at ${width} px`).toBeGreaterThanOrEqual(0);
        expect(x + wide, `${words} at ${width} px`).toBeLessThanOrEqual(width);
      }
    }
    await tab.close();
  });

  test("draws the way of what is copied across no number of a position and no note", async () => {
    const { tab } = await open("#");
    await live(tab);
    const crossed = `{
      const path = document.querySelector(".arcs path.copy");
      const points = Array.from({ length: 200 }, (_, at) => path.getPointAtLength((at / 199) * path.getTotalLength()));
      const boxes = [...document.querySelectorAll(".arcs text.faint, .arcs rect.note")].map((one) => one.getBBox());
      boxes.filter(({ x, y, width, height }) =>
        points.some((point) => point.x > x && point.x < x + width && point.y > y && point.y < y + height)).length;
    }`;
    for (const hash of ["#view=start", "#view=learn&lesson=3"]) {
      await tab.evaluate((address) => (location.hash = address), hash);
      if (hash.includes("learn"))
        for (let step = 0; step < 3; step++)
          await tab.getByRole("button", { name: "Next step" }).click();
      for (const width of [360, 768, 1440]) {
        await tab.setViewportSize({ width, height: 900 });
        await tab.locator(".arcs path.copy").first().waitFor();
        await expect
          .poll(() => tab.evaluate(crossed), { message: `${hash} at ${width} px` })
          .toBe(0);
      }
    }
    await tab.close();
  });

  test("shows which cut holds, and takes it back with the same button", async () => {
    const { tab } = await open("#");
    await live(tab);
    const all = tab.getByRole("button", { name: "Cut 1.0, 1.1, 1.2 and 1.3" });
    await all.click();
    await tab.locator(".price.changed").waitFor();
    expect(await all.getAttribute("aria-pressed")).toBe("true");
    await all.click();
    await tab.locator(".price:not(.changed)").waitFor();
    expect(await all.getAttribute("aria-pressed")).toBe("false");
    await tab.close();
  });

  test("calls each head what its verdict calls it, in every view", async () => {
    const { tab } = await open("#");
    await live(tab);
    const stored = JSON.parse(readFileSync(at("explorer/generated/stored.json"), "utf8")).verdict;
    const labels = new Map<string, string>(
      stored.heads.map((head: { layer: number; head: number; label: string }) => [
        headName(head),
        head.label,
      ]),
    );
    expect(labels.get("0.2")).toBe("positional"); // no score of attention has that name
    for (const [head, label] of labels)
      await tab
        .getByRole("button", { name: `Cut head ${head}, ` })
        .getByText(label)
        .waitFor();
    await tab.getByRole("button", { name: "Heads", exact: true }).click();
    await tab.getByText("As a table").click();
    for (const [head, label] of labels) {
      await tab.locator(`[data-at="${head}"][aria-label*=", ${label}, "]`).waitFor();
      const row = tab
        .getByRole("row")
        .filter({ has: tab.getByRole("button", { name: head, exact: true }) });
      expect(await row.innerText()).toContain(label);
    }
    await tab.close();
  });

  test("asks the engine once for what its parts ask at the same time", async () => {
    const { tab } = await open("#", undefined, (early) => early.addInitScript(COUNTED));
    await tab.locator(".price [data-value]").waitFor();
    await tab.locator(".switches canvas").nth(7).waitFor();
    const requests = await tab.evaluate<string[]>("window.asked");
    const count = (name: string) => requests.filter((request) => request === name).length;
    expect([count("look"), count("cut")]).toEqual([2, 1]); // two layers, all heads on
    await tab.close();
  });

  test("has arcs and pictures of heads under changes of every kind", async () => {
    const { tab } = await open("#off=0.0:mean");
    for (const change of ["0.0:mean", "0.0:resample", "1.0:ideal-firstToken"]) {
      await tab.evaluate((edits) => (location.hash = `#off=${edits}`), change);
      await tab.locator(`.price[data-of="${change.slice(0, 3)}"]`).waitFor();
      await tab.locator('[data-arc="5,4"]').waitFor();
      await tab.locator(".switches canvas").nth(7).waitFor();
    }
    await tab.locator('[data-arc="10,5"]').waitFor({ state: "detached" });
    await tab.close();
  });

  test("does not say that a model copies which has no clear induction head", async () => {
    const { tab } = await open("#model=zoo:attn-1l");
    await live(tab);
    await tab.getByRole("heading", { name: "This model has no clear induction head." }).waitFor();
    expect(await tab.getByRole("heading", { name: "has learnt to copy" }).count()).toBe(0);
    await tab.close();
  });

  test("leads to the lessons, the heads and the reader's own text", async () => {
    const { tab } = await open("#");
    for (const [door, title] of [
      ["Explain it to me", "1 How does a token become a guess?"],
      ["Show me all heads", "Induction score of every head"],
      ["Read my own text", /Where head \d+\.\d+ looks/],
    ] as const) {
      await tab.getByRole("button", { name: door }).click();
      await tab.getByRole("heading", { name: title }).waitFor();
      await tab.getByRole("button", { name: "Start" }).click();
    }
    await tab.close();
  });

  checkLooks(open, [
    {
      name: "start",
      hash: "#view=start&off=0.0:zero",
      ready: (tab) => tab.locator('.price[data-of="0.0"]').waitFor(),
    },
  ]);
});
