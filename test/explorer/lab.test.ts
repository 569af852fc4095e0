import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { recipeFrom, train } from "../../src/trainInBrowser.ts";
import { checkLooks, describePage, SHOTS } from "./openPage.ts";

/** Scores after `step` steps of the lab's recipe. */
async function scoresAfter(step: number) {
  const recipe = recipeFrom({ seed: 3, steps: 600, logEvery: 25, checkpoints: 40 });
  for await (const event of train(recipe)) if (event.step === step) return event.scores!;
  throw new Error(`no step ${step}`);
}

describePage("the lab of the explorer", (open) => {
  test("trains as the library does, stops, keeps a run as a file and opens its checkpoint in the other views", async () => {
    const { tab, errors, elsewhere } = await open("#view=lab");
    await tab.getByLabel("Seed").fill("3");
    await tab.getByRole("button", { name: "Train 600 steps" }).click();
    const status = tab.locator("[data-step][data-gain]");
    const step = async () => Number(await status.getAttribute("data-step"));
    await expect.poll(step, { timeout: 60_000 }).toBeGreaterThanOrEqual(5);
    await tab.getByRole("button", { name: "Heads" }).click();
    await tab.getByRole("button", { name: "Lab" }).click();
    await tab.getByRole("button", { name: "Stop" }).click();
    await tab
      .getByText(/stopped/)
      .first()
      .waitFor();
    const [waiting] = await Promise.all([
      tab.waitForEvent("download"),
      tab.getByRole("button", { name: "download run" }).click(),
    ]);
    const path = await waiting.path();
    const file = JSON.parse(readFileSync(path, "utf8"));
    expect(file.seed).toBe(3);
    const event = file.events.find((item: { step: number }) => item.step >= 3);
    const scores = await scoresAfter(event.step);
    expect(event.scores.secondCopyLoss).toBeCloseTo(scores.secondCopyLoss, 4);
    event.scores.induction.flat().forEach((value: number, at: number) => {
      expect(value).toBeCloseTo(scores.induction.flat()[at]!, 4);
    });
    await tab.getByLabel("Load a run").setInputFiles(path);
    await tab.getByText("seed 3 (loaded)").first().waitFor();
    await tab.getByRole("slider").focus();
    await tab.keyboard.press("Home");
    await tab.getByText("Checkpoint: step 0").waitFor();
    await tab.getByRole("button", { name: "Open this checkpoint" }).click();
    await tab.getByRole("button", { name: "Heads" }).click();
    await tab.getByText("2 layers of 4 heads").waitFor();
    expect(decodeURIComponent(tab.url())).toContain("files:lab+seed+3+(loaded),+step+0");
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("says of a file that it is no run, and keeps what is there", async () => {
    const { tab, errors } = await open("#view=lab");
    const buffer = Buffer.from('{"format":"something else"}');
    await tab
      .getByLabel("Load a run")
      .setInputFiles({ name: "x.json", mimeType: "text/json", buffer });
    await tab.getByText("x.json: this file is not a run that the lab kept.").waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  checkLooks(open, [
    {
      name: "lab",
      hash: "#view=lab",
      ready: async (tab) => {
        await tab.getByRole("button", { name: "Train 600 steps" }).click();
        await tab.getByRole("slider").waitFor({ timeout: 60_000 });
        if (SHOTS) await tab.locator("[data-change]").waitFor({ timeout: 100_000 });
        else await tab.getByRole("button", { name: "Stop" }).click();
      },
    },
  ]);
});
