import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ablate, headName, openEngine, score, scoreResult, verdict } from "../../src/browser.ts";
import { load } from "../../src/index.ts";
import { cli, emptyFolder } from "../cli/cli.ts";
import { at, checkLooks, describePage, live, saved, savedBytes, value } from "./openPage.ts";

/** A page without places: charts lie half a pixel further where a screen has no finer ones. */
const withoutPlaces = (html: string) => html.replaceAll(/ transform="[^"]*"/g, "");

describePage("the heads of the explorer", (open) => {
  test("says that numbers are stored, then shows those of its own engine, equal to the library's and the command line's", async () => {
    const { tab, errors, elsewhere } = await open("#head=1.2");
    expect(await tab.locator(".model [role=status]").innerText()).toContain("Stored numbers");
    await live(tab);
    await tab.getByRole("button", { name: "Switch it off" }).click();
    await tab.getByText("mean of 16 sequences").waitFor();
    const model = await load("zoo:attn-2l");
    const backend = await openEngine();
    const scored = await score(model, { backend });
    const ablated = await ablate(model, { backend, kind: "zero", eachHead: true });
    const induction = await value(tab, "[data-score=induction]");
    expect(induction).toBeCloseTo(scored.scores.induction[1]![2]!, 4);
    const cli = JSON.parse(readFileSync(at("explorer/generated/stored.json"), "utf8"));
    expect(induction).toBeCloseTo(cli.score.scores.induction[1][2], 4);
    const after = await value(tab, '[data-loss="secondCopy.after"]');
    expect(after).toBeCloseTo(ablated.loss.secondCopy + ablated.heads!.delta.secondCopy[1]![2]!, 4);
    const { loss, heads } = cli.ablate;
    expect(after).toBeCloseTo(loss.secondCopy + heads.delta.secondCopy[1][2], 4);
    expect(after).toBeGreaterThan((await value(tab, '[data-loss="secondCopy.before"]')) + 1);
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("draws the map with what its exports have: heads in numbers, the scale with uniform attention, frames", async () => {
    const { tab } = await open("#view=heads&head=1.2");
    await live(tab);
    const numbers = tab.locator("[role=columnheader]:not(.rowName)");
    expect(await numbers.allInnerTexts()).toEqual(["0", "1", "2", "3"]);
    const framed = await tab
      .locator(".cell.framed")
      .evaluateAll((all) => all.map((element) => (element as HTMLElement).dataset["at"]));
    expect(framed).toEqual(["1.0", "1.1", "1.2", "1.3"]);
    await tab.locator(".colourBar").getByText("uniform attention, 0.021").waitFor();
    await tab.close();
  });

  test("walks the map with the arrows and keeps head and switch in the address", async () => {
    const { tab } = await open("#head=1.2");
    await tab.locator('[data-at="1.2"]').focus();
    await tab.keyboard.press("ArrowUp");
    await tab.keyboard.press("ArrowRight");
    await tab.getByRole("heading", { name: "Head 0.3" }).waitFor();
    expect(new URL(tab.url()).hash).toBe("#view=heads&head=0.3");
    await tab.getByRole("button", { name: "Switch it off" }).press("Enter");
    await tab.getByRole("button", { name: "Switch it on again" }).waitFor();
    await expect.poll(() => new URL(tab.url()).hash).toBe("#view=heads&head=0.3&off=0.3:zero");
    await tab.close();
  });

  test("sorts the table by a column, and a head that is chosen there is chosen everywhere", async () => {
    const { tab } = await open("#head=0.0");
    await tab.getByText("As a table").click();
    await tab.getByRole("button", { name: "duplicate token", exact: true }).click();
    const first = tab.locator("tbody tr").first().getByRole("button");
    expect(await first.innerText()).toBe("0.3");
    await first.click();
    await tab.getByRole("heading", { name: "Head 0.3" }).waitFor();
    await tab.close();
  });

  test("goes from view to view and back with the browser's own button, and loses nothing", async () => {
    const { tab, errors } = await open("#head=0.1");
    await tab.getByRole("button", { name: "Surgery" }).click();
    await tab.getByRole("button", { name: "Learn" }).click();
    await tab.goBack();
    await tab.goBack();
    await tab.getByRole("heading", { name: "Head 0.1" }).waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  test(
    "gives verdicts that equal the library's, with evidence side by side, when asked",
    { tags: ["slow"] },
    async () => {
      const { tab, errors } = await open("#view=heads&model=zoo:llama-gqa");
      await live(tab);
      await tab.getByRole("button", { name: "Test every head" }).click();
      await tab.locator("[data-verdict=induction]").waitFor();
      const study = await verdict(await load("zoo:llama-gqa"), { backend: await openEngine() });
      const chosen = /\d+\.\d+/.exec(await tab.locator("#chosen").innerText())![0];
      const { evidence, why } = study.heads.find((other) => headName(other) === chosen)!;
      expect(await tab.locator("[data-verdict]").innerText()).toContain(why);
      const words = await tab.locator("main").innerText();
      expect(words).not.toMatch(/does not show that it copies or matters|not proof/); // it is shown now
      const effect = await value(tab, '[data-evidence="necessity: nats lost without it"]');
      expect(effect).toBeCloseTo(evidence.necessity!.alone.sizedMean.nats.value, 4);
      for (const { layer, head, label } of study.heads)
        expect(
          await tab.locator(`[data-at="${layer}.${head}"]`).getAttribute("aria-label"),
        ).toContain(label);
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test("draws the stored verdict's circuit as the command line does, and its boxes choose and feed", async () => {
    const { tab, errors, elsewhere } = await open("#view=heads&head=1.2&off=0.0:zero");
    const stored = JSON.parse(readFileSync(at("explorer/generated/stored.json"), "utf8")).verdict;
    const box = tab.locator('.figure [data-head="0.0"]');
    await box.waitFor();
    await tab.getByRole("button", { name: /0\.0 ?previous-token/ }).waitFor();
    expect(await box.getAttribute("class")).toContain("off");
    await box.press("Enter");
    await tab.getByRole("heading", { name: "Head 0.0" }).waitFor();
    const effect = stored.circuit.edges.find(
      (edge: { from: string; to: string; route: string }) =>
        edge.from === "0.0" && edge.to === "1.0" && edge.route === "k",
    ).effect as number;
    const feeds = await tab.locator('[data-feeds="0.0"]').innerText();
    expect(feeds).toContain(`keys of 1.0 (${Math.round(100 * effect)}\u00a0%)`);
    expect(await tab.locator("main").innerText()).not.toContain("not measured");
    await tab.locator('.figure [data-head="1.3"]').click();
    await tab.getByRole("heading", { name: "Head 1.3" }).waitFor();
    await tab.setViewportSize({ width: 320, height: 700 }); // layers go down where there is no room across
    const sideways = () =>
      tab.locator(".circuit .scroll").evaluate((one) => one.scrollWidth - one.clientWidth);
    await expect.poll(sideways).toBe(0);
    await tab.locator('.figure [data-head="1.1"]').click();
    await tab.getByRole("heading", { name: "Head 1.1" }).waitFor();
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("makes the page that the command line's report makes of the same Result", async () => {
    const { tab } = await open("#view=heads&model=zoo:llama-gqa");
    await live(tab);
    const folder = emptyFolder();
    writeFileSync(join(folder, "score.json"), await saved(tab, "JSON"));
    const html = await saved(tab, "HTML");
    await tab.close();
    expect(await cli(folder, ["report", "score.json", "--out", "r.html"])).toMatchObject({
      code: 0,
    });
    const page = readFileSync(join(folder, "r.html"), "utf8");
    expect(withoutPlaces(html)).toBe(withoutPlaces(page));
  });

  test("hands the map over as SVG, PNG, CSV, JSON and one HTML file", async () => {
    const { tab, errors, elsewhere } = await open("#view=heads&head=1.2");
    await live(tab);
    const begins = { SVG: "<svg", PNG: "\x89PNG", CSV: "layer,head", JSON: "{", HTML: "<!doctype" };
    for (const [format, begin] of Object.entries(begins)) {
      const content = await savedBytes(tab, format);
      expect(content.toString("latin1").slice(0, 20)).toContain(begin);
      expect(content.length).toBeGreaterThan(300);
      if (format !== "JSON") continue;
      const { scores } = scoreResult.parse(JSON.parse(content.toString()));
      expect(scores.induction[1]![2]).toBeGreaterThan(0.9);
    }
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("opens Download by a key, goes through its formats by arrows, and gives the focus back", async () => {
    const { tab, errors } = await open();
    await live(tab);
    const button = tab.getByRole("button", { name: "Download", exact: true });
    const formats = tab.getByRole("group", { name: "Download as" });
    const focused = () => tab.evaluate("document.activeElement.textContent.trim().split(' ')[0]");
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await tab.keyboard.press(key);
      return focused();
    };
    const click = async () => {
      await button.click();
      await expect.poll(focused).toBe("SVG"); // a key before that is the button's own
    };
    for (const key of ["Enter", "Space"]) {
      await button.focus();
      await tab.keyboard.press(key);
      await expect.poll(focused).toBe("SVG");
      expect(await button.getAttribute("aria-expanded")).toBe("true");
      expect(await press("ArrowDown", "Tab")).toBe("CSV");
      expect(await press("ArrowUp", "ArrowUp", "ArrowUp")).toBe("HTML");
      expect(await press("ArrowDown")).toBe("SVG");
      expect(await press("Escape")).toBe("Download");
      await expect.poll(() => formats.count()).toBe(0);
    }
    await click();
    await press("ArrowUp", "Tab"); // past the last one
    await expect.poll(() => formats.count()).toBe(0);
    await click();
    await tab.getByRole("heading", { name: "Induction score" }).click();
    await expect.poll(() => formats.count()).toBe(0);
    const wait = tab.waitForEvent("download");
    await click();
    expect(await press("Enter")).toBe("Download");
    expect((await wait).suggestedFilename()).toBe("induction-scores.svg");
    await tab.getByRole("log").getByText("induction-scores.svg is saved.").waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("has all about the model in one row, with heads cut and in every view", async () => {
    const { tab } = await open("#view=heads&off=1.0:zero");
    await live(tab);
    const height = () =>
      tab.locator(".model").evaluate((one) => one.getBoundingClientRect().height);
    for (const view of ["Start", "Learn", "Heads", "Attention", "Surgery", "Lab"]) {
      await tab.getByRole("button", { name: view, exact: true }).click();
      expect(await height(), view).toBeLessThanOrEqual(44);
    }
    const size = tab.getByRole("button", { name: "2 layers of 4 heads: about this model" });
    await size.press("Enter");
    await tab.locator("[data-engine]").getByText("Runs on WASM").waitFor();
    await tab.keyboard.press("Escape");
    expect(await tab.locator("[data-engine]").isVisible()).toBe(false);
    expect(await size.evaluate((one) => one === document.activeElement)).toBe(true);
    await tab.close();
  });

  checkLooks(open, [
    {
      name: "heads",
      hash: "#view=heads&head=1.2&off=1.2:zero",
      ready: (tab) => tab.getByText("mean of 16 sequences").waitFor(),
    },
  ]);
});
