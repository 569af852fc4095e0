/** @file Which question a number on the page answers: the head, the changes and the model that its label says. */
import { expect, test } from "vitest";
import { ablate, openEngine } from "../../src/browser.ts";
import { load } from "../../src/index.ts";
import { delay, describePage, live, value } from "./openPage.ts";

async function lossesWithout(name: string, heads: readonly string[]): Promise<number[]> {
  const model = await load(name);
  const sets = heads.map((head) => [head]);
  const study = await ablate(model, { backend: await openEngine(), kind: "zero", sets });
  await model.close();
  return study.sets.map(({ secondCopy }) => study.loss.secondCopy + secondCopy);
}

describePage("a number of the explorer", (open) => {
  test("is never the last head's while the next one is measured: heads", async () => {
    const [of00, of01] = await lossesWithout("zoo:llama-gqa", ["0.0", "0.1"]);
    const { tab, errors } = await open("#view=heads&model=zoo:llama-gqa&head=0.0");
    await live(tab);
    await tab.getByRole("button", { name: "Switch it off" }).click();
    expect(await value(tab, '[data-loss="secondCopy.after"]')).toBeCloseTo(of00!, 4);
    await delay(tab, ["cut"], 2000);
    await tab.locator('[data-at="0.1"]').click();
    await tab.getByRole("button", { name: "Switch it off" }).click();
    const cell = tab.locator('[data-loss="secondCopy.after"]');
    expect(await cell.innerText()).toContain("measuring");
    expect(await cell.getAttribute("data-value")).toBeNull();
    const its = await value(tab, '[data-loss="secondCopy.after"][data-of="0.1:zero"]');
    expect(its).toBeCloseTo(of01!, 4);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("is marked as the earlier one while the next is measured: surgery", async () => {
    const [of00, of01] = await lossesWithout("zoo:attn-2l", ["0.0", "0.1"]);
    const { tab, errors } = await open("#view=surgery&head=0.0&off=0.0:zero");
    await live(tab);
    const after = '[data-loss="secondCopy.after"]';
    expect(await value(tab, after)).toBeCloseTo(of00!, 4);
    await delay(tab, ["cut"], 2000);
    await tab.getByRole("button", { name: "Undo", exact: true }).click();
    await tab.locator('[data-at="0.1"]').click();
    await tab.getByRole("button", { name: "Zero", exact: true }).click();
    await tab.locator(`[aria-busy=true] ${after}[data-of="0.0:zero"]`).waitFor();
    await tab.getByText("Measuring 0.1 changed").first().waitFor();
    await tab.locator(`[aria-busy=false] ${after}[data-of="0.1:zero"]`).waitFor();
    expect(await value(tab, after)).toBeCloseTo(of01!, 4);
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("is marked as the earlier one while the next is measured: attention", async () => {
    const { tab, errors } = await open("#view=attention&head=0.0");
    await live(tab);
    await tab.locator('[data-of="0.0"]').waitFor();
    await delay(tab, ["look"], 2000);
    await tab.getByRole("button", { name: "Next layer" }).click();
    await tab.getByRole("heading", { name: "Where head 1.0 looks" }).waitFor();
    await tab.locator('[aria-busy=true] [data-of="0.0"]').waitFor();
    await tab.getByText("Measuring head 1.0").waitFor();
    await tab.locator('[aria-busy=false] [data-of="1.0"]').waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("comes while a verdict is made, and does not change the verdict", async () => {
    const { tab, errors } = await open("#view=heads&model=zoo:shakespeare&head=0.0");
    await live(tab);
    await tab.getByRole("button", { name: "Test every head" }).click();
    await tab.getByRole("button", { name: "Stop" }).waitFor();
    await tab.getByRole("button", { name: "Switch it off" }).click();
    await value(tab, '[data-loss="secondCopy.after"]');
    expect(await tab.getByRole("button", { name: "Stop" }).count()).toBe(1);
    expect(errors).toEqual([]);
    await tab.close();
  });
});
