import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { recipeFrom, train } from "../../src/trainInBrowser.ts";
import { at, checkLooks, describePage } from "./openPage.ts";

/** Scores after `step` steps of the lab's recipe. */
async function scoresAfter(step: number) {
  const recipe = recipeFrom({ seed: 0, steps: 600, logEvery: 25, checkpoints: 40 });
  for await (const event of train(recipe)) if (event.step === step) return event.scores!;
  throw new Error(`no step ${step}`);
}

/** Weights of attention that are one byte each in base64. */
const weightsIn = (text: string) => [...Buffer.from(text, "base64")].map((byte) => byte / 255);

describePage("the lab of the explorer", (open) => {
  test("shows a stored run at once, plays it when the reader says so, and is moved by keys and by dragging", async () => {
    const { tab, errors, elsewhere } = await open("#view=lab");
    await tab.getByText("The jump came at step 284").waitFor();
    const handle = tab.getByRole("slider", { name: "Checkpoint" });
    const step = async () => Number(/\d+/.exec((await handle.getAttribute("aria-valuetext"))!)![0]);
    expect(await step()).toBe(600); // nothing moves by itself
    await tab.getByRole("button", { name: "Play the training" }).click();
    await expect.poll(step).toBeLessThan(300);
    await expect.poll(step).toBe(600);
    await tab.getByRole("button", { name: "Play the training" }).waitFor();
    await handle.press("Home");
    await expect.poll(step).toBe(0);
    await tab.getByText("1.0 ◆ 0.0").first().waitFor();
    const chart = tab.locator(".chart svg.dragged").nth(1);
    const { x, y, width, height } = (await chart.boundingBox())!;
    await tab.mouse.click(x + 0.5 * width, y + 0.5 * height);
    await expect.poll(step).toBeGreaterThan(250);
    expect(await step()).toBeLessThan(350);
    await tab.emulateMedia({ reducedMotion: "reduce" });
    await handle.press("Home");
    await tab.getByRole("button", { name: "Play the training" }).click();
    await expect.poll(step).toBe(6); // the checkpoint after the first, and no further
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("trains as the library and as the stored run, stops, keeps a run as a file and opens its checkpoint", async () => {
    const { tab, errors, elsewhere } = await open("#view=lab");
    await tab.getByLabel("Seed").fill("0");
    await tab.getByRole("button", { name: "Train 600 steps" }).click();
    await tab.getByText(/^seed 0: step ([3-9]|\d\d+) of 600/).waitFor();
    await tab.getByRole("button", { name: "Heads", exact: true }).click();
    await tab.getByRole("button", { name: "Lab" }).click();
    await tab.getByRole("button", { name: "Stop" }).click();
    await tab
      .getByText(/stopped/)
      .first()
      .waitFor();
    const [waiting] = await Promise.all([
      tab.waitForEvent("download"),
      tab
        .getByRole("row", { name: /^seed 0 (?!\(stored\))/ })
        .getByRole("button", { name: "download run" })
        .click(),
    ]);
    const path = await waiting.path();
    const file = JSON.parse(readFileSync(path, "utf8"));
    const stored = JSON.parse(readFileSync(at("explorer/lab/seed0.json"), "utf8"));
    expect(file.seed).toBe(0);
    const event = file.events.find((item: { step: number }) => item.step >= 3);
    const storedEvent = stored.events.find((item: { step: number }) => item.step === event.step);
    expect(storedEvent.scores.secondCopyLoss).toBeCloseTo(event.scores.secondCopyLoss, 2);
    weightsIn(storedEvent.checkpoint.patterns).forEach((weight, index) =>
      expect(Math.abs(weight - event.checkpoint.patterns[index])).toBeLessThan(0.003),
    );
    const scores = await scoresAfter(event.step);
    expect(event.scores.secondCopyLoss).toBeCloseTo(scores.secondCopyLoss, 4);
    event.scores.induction.flat().forEach((value: number, head: number) => {
      expect(value).toBeCloseTo(scores.induction.flat()[head]!, 4);
    });
    await tab.getByLabel("Load a run").setInputFiles(path);
    await tab.getByText("seed 0 (loaded)").first().waitFor();
    await tab.getByRole("slider").focus();
    await tab.keyboard.press("Home");
    await tab.getByText("Checkpoint: step 0").waitFor();
    await tab.getByRole("button", { name: "Open this checkpoint" }).click();
    await tab.getByRole("heading", { name: "Induction score of every head" }).waitFor();
    await expect
      .poll(() => decodeURIComponent(tab.url()))
      .toContain("view=heads&model=files:lab+seed+0+(loaded),+step+0");
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
      ready: (tab) => tab.getByRole("slider").waitFor(),
    },
  ]);
});
