/** @file Work that a view, another model, a wrong file or a closed tab must not lose. */
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { describePage, lateAnswers, live } from "./openPage.ts";

const ask = (tab: Page) => tab.getByRole("button", { name: "Test every head" }).click();
const chip = (tab: Page) => tab.locator("[data-chip=verdict]");
const chooseModel = (tab: Page, name: string) =>
  tab.locator(".model select").first().selectOption(name);

/** Whether the page asks before it is closed. */
const asksBeforeItEnds = (tab: Page) =>
  tab.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))");

/** On a small model the labels so far stand for a moment only. */
const LATE_VERDICTS = lateAnswers("ruleVersion", 8000);

describePage("work in the explorer", (open) => {
  test(
    "a verdict goes on in every view, says how far it is, and is there when the reader comes back",
    { tags: ["slow"] },
    async () => {
      const { tab, errors } = await open("#view=heads&model=zoo:shakespeare", undefined, (early) =>
        early.addInitScript(LATE_VERDICTS),
      );
      await live(tab);
      expect(await asksBeforeItEnds(tab)).toBe(false);
      await ask(tab);
      await chip(tab).waitFor();
      expect(await asksBeforeItEnds(tab)).toBe(true);
      for (const view of ["Attention", "Surgery", "Learn", "Lab"]) {
        await tab.getByRole("button", { name: view, exact: true }).click();
        expect(await chip(tab).count(), view).toBe(1);
      }
      await chip(tab).waitFor({ state: "detached" });
      await tab.getByRole("button", { name: "Heads", exact: true }).click();
      await tab.locator("[data-verdict]").waitFor();
      await chooseModel(tab, "zoo:attn-1l");
      await live(tab);
      expect(await tab.locator("[data-verdict]").count()).toBe(0);
      await chooseModel(tab, "zoo:shakespeare");
      await live(tab);
      await tab.locator("[data-verdict]").waitFor();
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test(
    "while a verdict is made the map has the labels that are known, and says which heads are tested still",
    { tags: ["slow"] },
    async () => {
      const { tab, errors } = await open("#view=heads&model=zoo:llama-gqa", undefined, (early) =>
        early.addInitScript(LATE_VERDICTS),
      );
      await live(tab);
      await ask(tab);
      const tested = tab.getByRole("gridcell", { name: "attends like induction, being tested" });
      await tested.first().waitFor();
      const labels = () =>
        tab.getByRole("gridcell").evaluateAll((cells) =>
          cells.map((cell) => {
            const { dataset, ariaLabel } = cell as HTMLElement;
            return [dataset["at"]!, ariaLabel!.split(",")[1]!.trim()] as const;
          }),
        );
      const soFar = (await labels()).filter(([, label]) => label !== "attends like induction");
      expect(soFar.length).toBeGreaterThan(0);
      await tab.getByText(/ heads have their label\. \d+ attends? like induction/).waitFor();
      await tested.first().click();
      await tab.getByText("Whether it copies and matters is being tested.").waitFor();
      await chip(tab).waitFor({ state: "detached" });
      const known = new Map(await labels());
      expect([...known.values()]).not.toContain("attends like induction");
      expect(soFar).toEqual(soFar.map(([at]) => [at, known.get(at)]));
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test(
    "another model asks before it ends a verdict, from the list and from the browser's back button",
    { tags: ["slow"] },
    async () => {
      const { tab, errors } = await open("#view=heads&model=zoo:attn-1l", undefined, (early) =>
        early.addInitScript(LATE_VERDICTS),
      );
      await live(tab);
      await chooseModel(tab, "zoo:shakespeare");
      await live(tab);
      await tab.getByRole("gridcell").nth(2).click();
      await tab.getByRole("button", { name: "Switch it off" }).click();
      await ask(tab);
      await chip(tab)
        .getByText(/Step \d of 5: /)
        .waitFor();
      const before = new URL(tab.url()).hash;
      await tab.goBack();
      const question = tab.getByRole("alert").getByText("ends the verdict on shakespeare");
      await question.waitFor();
      await tab.getByRole("button", { name: "Stay" }).click();
      await question.waitFor({ state: "detached" });
      expect(await chip(tab).count()).toBe(1);
      expect(new URL(tab.url()).hash).toBe(before); // head and changes too
      await chooseModel(tab, "zoo:llama-gqa");
      await tab.getByRole("button", { name: "End it and open the other" }).click();
      await live(tab);
      expect(await tab.locator(".model select").first().inputValue()).toBe("zoo:llama-gqa");
      expect(await chip(tab).count()).toBe(0);
      expect(errors).toEqual([]);
      await tab.close();
    },
  );

  test("goes on in every view when the command has ended, and follows the system from light to dark", async () => {
    const { tab, errors } = await open("#view=heads&model=zoo:attn-1l");
    await live(tab);
    await tab.waitForLoadState("networkidle"); // what comes later has come
    const requests: string[] = [];
    tab.on("request", (request) => requests.push(request.url()));
    for (const view of ["Learn", "Attention", "Surgery", "Lab", "Start", "Heads"]) {
      await tab.getByRole("button", { name: view, exact: true }).click();
      await tab.locator("main h2").first().waitFor();
    }
    await ask(tab);
    await tab.getByText("More of the verdict").waitFor();
    expect(requests.filter((url) => !url.endsWith("icon.svg"))).toEqual([]);
    const colour = () =>
      tab.locator('[data-at="0.0"]').evaluate((cell) => getComputedStyle(cell).backgroundColor);
    const light = await colour();
    await tab.emulateMedia({ colorScheme: "dark" });
    await expect.poll(colour).not.toBe(light);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("a new model comes with its own best head, and an emptied text stays empty", async () => {
    const { tab } = await open("#view=heads&head=0.3");
    await live(tab);
    await chooseModel(tab, "zoo:llama-gqa");
    await live(tab);
    const words = await tab.locator("[aria-labelledby=map] .say").first().innerText();
    const best = /(\d+\.\d+)/.exec(words)![1]!;
    await tab.getByRole("heading", { name: `Head ${best}` }).waitFor();
    await tab.getByRole("button", { name: "Attention", exact: true }).click();
    await tab.locator("form.sequence select").first().selectOption("own");
    const field = tab.getByRole("textbox", { name: "Words like these, or numbers from 0 to 63" });
    await field.fill("");
    expect(await field.inputValue()).toBe("");
    await tab.getByRole("button", { name: "Read it" }).click();
    await tab.getByRole("alert").getByText("nothing to read").waitFor();
    await field.pressSequentially("5 6 5");
    expect(await field.inputValue()).toBe("5 6 5");
    await tab.getByRole("button", { name: "Read it" }).click();
    await expect.poll(() => tab.locator(".token").count()).toBeLessThan(6);
    await tab.close();
  });

  test("a click pins a cell of the matrix, and the question why is about that cell", async () => {
    const { tab, errors } = await open("#view=attention&head=1.0&text=7+23+51+40+7+23+51");
    await live(tab);
    const matrix = tab.locator(".matrix");
    await matrix.waitFor();
    const { width } = (await matrix.boundingBox())!;
    const at = (index: number) => ((index + 0.5) / 7) * width;
    await matrix.click({ position: { x: at(1), y: at(5) } });
    await tab.getByRole("button", { name: "Why does it look there?" }).hover();
    expect(await tab.locator("[data-cell]").getAttribute("data-cell")).toBe("5,1");
    await tab.locator('[data-pinned="5,1"]').waitFor();
    await tab.getByRole("button", { name: "Why does it look there?" }).click();
    await tab.locator("table.parts caption").getByText("at 5 attends to").waitFor();
    await expect.poll(() => new URL(tab.url()).hash).toContain("at=5&key=1");
    await matrix.press("Escape");
    await expect.poll(() => new URL(tab.url()).hash).not.toContain("key=");
    expect(errors).toEqual([]);
    await tab.close();
  });
});
