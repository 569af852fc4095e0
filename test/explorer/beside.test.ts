/** @file Two models in one view, and one model with and without changes: what is chosen in one pane holds in both. */
import { expect, test } from "vitest";
import { ablate, openEngine } from "../../src/browser.ts";
import { load } from "../../src/index.ts";
import { checkLooks, describePage, live, value } from "./openPage.ts";

/** Loss of the repeated half with all heads, and without 0.0. */
async function losses(name: string) {
  const model = await load(name);
  const sets = [["0.0"]];
  const study = await ablate(model, { backend: await openEngine(), kind: "zero", sets });
  await model.close();
  const { secondCopy } = study.loss;
  return { whole: secondCopy, cut: secondCopy + study.sets[0]!.secondCopy };
}

const [ONE, OTHER] = [".pane:nth-child(1)", ".pane:nth-child(2)"];
const AFTER = '[data-loss="secondCopy.after"]';

describePage("two panes of the explorer", (open) => {
  test("show two models in one view, each with its own numbers, and share head and changes", async () => {
    const [mine, others] = [await losses("zoo:attn-2l"), await losses("zoo:llama-gqa")];
    const { tab, errors } = await open("#view=surgery&head=0.0&off=0.0:zero");
    await live(tab);
    await tab.getByLabel("Compare with").selectOption("zoo:llama-gqa");
    await tab.locator(`${OTHER} ${AFTER}[data-value]`).waitFor();
    expect(await value(tab, `${ONE} ${AFTER}`)).toBeCloseTo(mine.cut, 4);
    expect(await value(tab, `${OTHER} ${AFTER}`)).toBeCloseTo(others.cut, 4);
    await tab.getByText("llama-gqa, 0.0 changed").waitFor();
    await tab.locator(`${OTHER} [data-at="1.1"]`).click();
    for (const pane of [ONE, OTHER])
      await tab.locator(`${pane} [data-at="1.1"][aria-selected=true]`).waitFor();
    await tab.locator(OTHER).getByRole("button", { name: "Undo", exact: true }).click();
    for (const [pane, whole] of [
      [ONE, mine.whole],
      [OTHER, others.whole],
    ] as const) {
      await tab.locator(`${pane} ${AFTER}[data-of=""]`).waitFor();
      expect(await value(tab, `${pane} ${AFTER}`)).toBeCloseTo(whole, 4);
    }
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("show a model before and after a change, and the pane as trained changes nothing of the other", async () => {
    const { whole, cut } = await losses("zoo:attn-2l");
    const { tab, errors } = await open("#view=surgery&head=0.0&off=0.0:zero&beside=trained");
    await live(tab);
    await tab.locator(`${OTHER} ${AFTER}[data-of=""]`).waitFor();
    expect(await value(tab, `${ONE} ${AFTER}`)).toBeCloseTo(cut, 4);
    expect(await value(tab, `${OTHER} ${AFTER}`)).toBeCloseTo(whole, 4);
    await tab.locator(OTHER).getByRole("button", { name: "Zero", exact: true }).click();
    expect(new URL(tab.url()).hash).toContain("off=0.0:zero&");
    await tab.getByRole("button", { name: "all on", exact: true }).click();
    await tab.locator(OTHER).waitFor({ state: "detached" });
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("a link to files that are not here names them, and offers the other models in their place", async () => {
    const { tab } = await open("#view=heads&beside=files:mine.gguf");
    const choice = tab.getByLabel("Compare with");
    expect(await choice.inputValue()).toBe("files:mine.gguf");
    expect(await choice.locator("option").allInnerTexts()).toContain("zoo:llama-gqa");
    await tab.close();
  });

  checkLooks(
    open,
    ["heads", "attention", "surgery"].map((view) => ({
      name: `beside-${view}`,
      hash: `#view=${view}&head=1.0&off=0.0:zero&beside=zoo:llama-gqa`,
      ready: async (tab) => {
        const number = view === "attention" ? "[data-cell]" : `${AFTER}`;
        for (const pane of [ONE, OTHER]) await tab.locator(`${pane} ${number}`).first().waitFor();
      },
    })),
  );
});
