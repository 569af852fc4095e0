import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { ablate, openEngine, runModel } from "../../src/browser.ts";
import { load } from "../../src/index.ts";
import { checkLooks, describePage, live, saved, value } from "./openPage.ts";

/** Moves the focus with Tab until it is on the button called `name`, or whose name has the pattern, then presses Enter. */
async function press(tab: Page, name: string | RegExp): Promise<void> {
  const button = tab.getByRole("button", { name, exact: true });
  await button.waitFor();
  for (let steps = 0; steps < 120; steps++) {
    if (await button.evaluate((element) => element === document.activeElement)) {
      await tab.keyboard.press("Enter");
      return;
    }
    await tab.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${String(name)}`);
}

const result = (tab: Page) => tab.locator('[data-result="given"]');

/** The tokens of the lessons' sequence, and where its query and its target are. */
async function lessonTokens(tab: Page): Promise<readonly number[]> {
  await tab.locator("svg text.piece").first().waitFor();
  const texts = await tab.locator("svg text.piece").allTextContents();
  return texts.map(Number);
}

describePage("the lessons of the explorer", (open) => {
  test("are walked by keyboard alone, each with something to do and the model's own answer", async () => {
    const { tab, errors, elsewhere } = await open("#view=learn");
    await live(tab);
    const lengths = () =>
      tab
        .locator("[data-length]")
        .evaluateAll((all) => all.map((one) => Number((one as HTMLElement).dataset["value"])));
    await expect.poll(async () => (await lengths()).length).toBe(3);
    const whole = await lengths();
    await press(tab, "Hide layer 1");
    await result(tab).getByText("Without the attention of layer 1").waitFor();
    await tab.getByText("The numbers at position 10 without the attention of layer 1").waitFor();
    const hidden = await lengths(); // the picture follows what is hidden, and not its words alone
    expect(hidden.slice(0, 2)).toEqual(whole.slice(0, 2));
    expect(Math.abs(hidden[2]! - whole[2]!)).toBeGreaterThan(0.1);
    await result(tab).getByText("Hide the other one too.").waitFor();
    await press(tab, "Hide layer 0");
    await result(tab).getByText("Each of them breaks the guess").waitFor();
    await press(tab, "Next lesson");

    await press(tab, /^The key of \w+ at 1 wins/);
    await result(tab).getByText("Not that one").waitFor();
    await press(tab, /^The key of \w+ at 5 wins/);
    await result(tab)
      .getByText(/^Yes: \w+ at 5/)
      .waitFor();
    await press(tab, "Next lesson");

    await press(tab, /^Head A/);
    await result(tab)
      .getByText("Not that one: A is head 0.1, which attends to the token it stands on")
      .waitFor();
    await press(tab, /^Head B/);
    await result(tab).getByText("Yes: B is head 0.0.").waitFor();
    await press(tab, "Next lesson");

    for (let step = 0; step < 3; step++) await press(tab, "Next step");
    await tab.getByText("4 of 4. Copy.").waitFor();
    await press(tab, "Cut 1.0");
    await result(tab).getByText("It is not alone: 1.1, 1.2 and 1.3 attend as it does").waitFor();
    await press(tab, "Cut all 4: 1.0, 1.1, 1.2 and 1.3");
    await result(tab).getByText("they stand in for each other").waitFor();
    await press(tab, "Cut 0.0");
    await result(tab).getByText("Either cut breaks it").waitFor();
    await press(tab, "Next lesson");

    const tokens = tab.getByRole("listbox");
    await tokens.getByRole("option", { selected: true }).waitFor();
    await tab.getByRole("button", { name: "Read it" }).focus();
    await tab.keyboard.press("Tab");
    await tab.keyboard.press("Home");
    for (let step = 0; step < 3; step++) await tab.keyboard.press("ArrowRight");
    await tab.keyboard.press("Enter");
    await result(tab).getByText("Right: head 1.0 puts").waitFor();
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("show the model's numbers: lengths of the stream, shares of a row, and the path of induction", async () => {
    const { tab } = await open("#view=learn&ids=true");
    await tab.locator("b[data-value]").waitFor();
    const ids = await lessonTokens(tab); // with the model's own guess, which is right, at the end
    expect(ids.slice(6)).toEqual(ids.slice(0, 6));
    const names = [
      "blocks.1.hook_resid_post",
      "blocks.1.attn.hook_pattern",
      "blocks.0.attn.hook_pattern",
    ];
    const captures = new Map<string, Float32Array>();
    const model = await load("zoo:attn-2l");
    await runModel(model, {
      backend: await openEngine(),
      tokens: [ids],
      names,
      receive: ({ name }, _, { data }) => {
        captures.set(name, data);
      },
    });
    const stream = captures.get(names[0]!)!;
    const width = stream.length / ids.length;
    const length = await value(tab, `[data-length="${names[0]}"]`);
    expect(length).toBeCloseTo(Math.hypot(...stream.subarray(10 * width, 11 * width)), 3);
    const weight = (name: string, head: number, query: number, key: number) =>
      captures.get(name)![(head * ids.length + query) * ids.length + key]!;
    await tab.getByRole("button", { name: "3 From scores to a pattern" }).click();
    for (const key of [0, 5])
      expect(await value(tab, `[data-share="${key}"]`)).toBeCloseTo(
        weight(names[1]!, 0, 10, key),
        4,
      );
    await tab.getByRole("button", { name: "4 Two heads, one circuit" }).click();
    const step = tab.locator("[data-step][data-back][data-match]");
    await step.waitFor();
    expect(Number(await step.getAttribute("data-back"))).toBeCloseTo(weight(names[2]!, 0, 5, 4), 4);
    expect(Number(await step.getAttribute("data-match"))).toBeCloseTo(
      weight(names[1]!, 0, 10, 5),
      4,
    );
    await tab.close();
  });

  test("are on the sequence of 64 that shows the circuit best: the cut of the head that looks back takes the match to nothing", async () => {
    const { tab } = await open("#view=learn&lesson=3");
    const step = tab.locator("[data-step][data-back][data-match][data-copied]");
    await step.waitFor();
    for (let click = 0; click < 3; click++)
      await tab.getByRole("button", { name: "Next step" }).click();
    const match = async () => Number(await step.getAttribute("data-match"));
    const arc = tab.locator('[data-arc="10,5"]');
    expect(await match()).toBeGreaterThan(0.95);
    expect(await arc.getAttribute("aria-label")).toContain("100\u00a0%");
    await tab.getByRole("button", { name: "Cut 0.0" }).click();
    await result(tab).getByText("Without 0.0").waitFor();
    expect(await match()).toBeLessThan(0.05);
    expect(await arc.count()).toBe(0);
    await tab.close();
  });

  test("name in lesson 2 the key whose drawn numbers multiply to the most, in a model that turns them too", async () => {
    for (const model of ["zoo:attn-2l", "zoo:llama-gqa"]) {
      const { tab } = await open(`#view=learn&lesson=1&model=${model}`);
      const strips = tab.locator("svg.product");
      await strips.nth(1).waitFor();
      const rows = await strips.evaluateAll((all) =>
        all.map((element) =>
          element.getAttribute("aria-label")!.split(": ")[1]!.split(", ").map(Number),
        ),
      );
      const [query, ...keys] = rows as [number[], ...number[][]];
      const sums = keys.map((key) => key.reduce((sum, value, at) => sum + value * query[at]!, 0));
      const best = sums.indexOf(Math.max(...sums));
      await press(tab, new RegExp(`at ${best} wins$`));
      await result(tab).getByText(`Yes: `).waitFor();
      await tab.close();
    }
  });

  test("number every step in the picture, also where arcs have their words below", async () => {
    const { tab } = await open("#view=learn&lesson=3");
    await tab.locator("[data-step][data-copied]").waitFor();
    for (let step = 0; step < 3; step++)
      await tab.getByRole("button", { name: "Next step" }).click();
    for (const width of [1440, 360]) {
      await tab.setViewportSize({ width, height: 900 });
      for (const sign of ["①", "②", "③", "④"])
        await tab.locator(".lessonMain").getByText(sign).waitFor();
    }
    await tab.close();
  });

  test("do not mark the reader's own guess as what a head should find", async () => {
    const { tab } = await open("#view=learn&lesson=4");
    await tab.getByLabel("Words like these, or numbers from 0 to 63").waitFor();
    await tab.locator('[data-position="6"]').click();
    await tab.locator(".arcs rect.mine").waitFor();
    expect(await tab.locator(".arcs rect.target").count()).toBe(0);
    await tab.close();
  });

  test("begin at their title, which has the focus", async () => {
    const { tab } = await open("#view=learn&lesson=1", { width: 360 });
    await tab.locator("svg.product").first().waitFor();
    await tab.getByRole("button", { name: "Next lesson" }).click();
    const title = tab.getByRole("heading", { name: "3 Where does it look?" });
    await title.waitFor();
    await expect
      .poll(() => title.evaluate((element) => element === document.activeElement))
      .toBe(true);
    const { y } = (await title.boundingBox())!;
    expect(y).toBeGreaterThan(-1);
    expect(y).toBeLessThan(500);
    await tab.close();
  });

  test("say with the losses of the ablation study that four heads stand in for each other, and that one alone does not", async () => {
    const model = await load("zoo:attn-2l");
    const sets = [["1.0"], ["1.0", "1.1", "1.2", "1.3"], ["0.0"]];
    const study = await ablate(model, { backend: await openEngine(), kind: "zero", sets });
    const { firstCopy, secondCopy } = study.loss;
    const left = (set: number) => {
      const share = 1 - study.sets[set]!.secondCopy / (firstCopy - secondCopy);
      return `${Math.max(0, Math.round(100 * share))}\u00a0%`;
    };
    const { tab } = await open("#view=learn&lesson=3");
    for (const [set, name] of ["1.0", "all 4: 1.0, 1.1, 1.2 and 1.3", "0.0"].entries()) {
      await tab.getByRole("button", { name: `Cut ${name}`, exact: true }).click();
      const after = (secondCopy + study.sets[set]!.secondCopy).toFixed(2);
      await result(tab)
        .getByText(
          `On 16 random sequences the loss of the repeated half goes from ${secondCopy.toFixed(2)} to ${after} nats. ${left(set) === "0\u00a0%" ? "The repeat no longer helps." : `${left(set)} of what the repeat helps is left.`}`,
        )
        .waitFor();
    }
    const words = await result(tab).innerText();
    expect(words).toContain(`Without 1.0 alone ${left(0)} is left, without all 4 ${left(1)}`);
    await tab.close();

    const planted = await open("#view=learn&lesson=3&model=planted:induction");
    await planted.tab.getByRole("button", { name: "Cut 1.2" }).click();
    await result(planted.tab).getByText("Put it back and cut the other one").waitFor();
    expect(await planted.tab.getByRole("button", { name: /^Cut all/ }).count()).toBe(0);
    expect(await result(planted.tab).innerText()).not.toContain("stand in");
    await planted.tab.close();
  });

  test("are taken along with their words, their numbers and the attention of their head", async () => {
    const { tab, errors } = await open("#view=learn&lesson=0");
    const length = await value(tab, '[data-length="blocks.1.hook_resid_post"]');
    const html = await saved(tab, "HTML");
    expect(html).toContain("Lesson 1, The stream: zoo:attn-2l");
    expect(html).toContain("This one is a transformer.");
    const csv = await saved(tab, "CSV");
    expect(csv).toContain(`after layer 1,${length}\r\n`); // and no column of what is only drawn
    expect(csv).not.toContain("vector");
    expect(JSON.parse(await saved(tab, "JSON")).heads[0].weights).toHaveLength(12);
    const pieces = await tab.locator("svg text.piece").allTextContents();
    const svg = await saved(tab, "SVG"); // the picture that the lesson shows
    for (const piece of pieces) expect(svg).toContain(`>${piece}<`);
    expect(svg).toMatch(/<text[^>]*>Lesson \d, .*: zoo:attn-2l<\/text>/); // a file says what it is
    expect((await saved(tab, "PNG")).slice(1, 4)).toBe("PNG");
    expect(errors).toEqual([]);
    await tab.close();
  });

  const ready = [
    '[data-length="blocks.1.hook_resid_post"]',
    "[data-score]",
    "[data-share]",
    "[data-step][data-back][data-match][data-copied]",
    "[role=option]",
  ];
  checkLooks(
    open,
    ready.map((selector, lesson) => ({
      name: `lesson-${lesson + 1}`,
      hash: `#view=learn&lesson=${lesson}`,
      ready: async (tab) => {
        await tab.locator(selector).first().waitFor();
        if (lesson !== 3) return;
        for (let step = 0; step < 3; step++)
          await tab.getByRole("button", { name: "Next step" }).click();
      },
    })),
  );
});

/** What a lesson's task says, by the lesson from 0. */
const TASKS: Readonly<Record<number, string>> = {
  0: "Hide the attention of a layer",
  1: "Which key fits the query?",
  2: "Which head attends more to the previous token?",
  3: "Cut heads and read the numbers again.",
  4: "Choose the token that it will look at.",
};

describePage("learning as a place", (open) => {
  test("says which lessons are done, and presents one on the whole screen with arrow keys and Escape", async () => {
    const { tab, errors } = await open("#view=learn&lesson=2", { width: 1280, height: 720 });
    await live(tab);
    await tab.getByText("0 of 5 done, about 8 minutes left").waitFor();
    await tab.getByRole("button", { name: /^Head B/ }).click();
    await tab.getByText("1 of 5 done, about 6 minutes left").waitFor();
    await tab.getByText("✓ done").waitFor();
    await tab.getByRole("button", { name: "Surgery", exact: true }).click();
    await tab.getByRole("button", { name: "Learn", exact: true }).click();
    await tab.getByText("1 of 5 done").waitFor(); // the visit knows it, wherever the reader went

    await tab.evaluate("location.hash = `#view=learn&lesson=3&present=true`");
    await tab.locator("[data-step='0'][data-copied]").waitFor();
    expect(
      await tab
        .locator("header, nav.views, .model, .notes")
        .evaluateAll((all) => all.filter((element) => element.checkVisibility()).length),
    ).toBe(0);
    const { width, height } = (await tab.locator(".lesson").boundingBox())!;
    expect(width / height).toBeCloseTo(16 / 9, 1);
    const outside = () =>
      tab.evaluate(
        `[document.documentElement, ...document.querySelectorAll(".lesson, .lesson .scroll")].map((one) =>
          Math.max(one.scrollHeight - one.clientHeight, one.scrollWidth - one.clientWidth)).filter((more) => more > 1)`,
      );
    for (const lesson of [0, 1, 2, 4, 3]) {
      await tab.evaluate(`location.hash = '#view=learn&lesson=${lesson}&present=true'`);
      await tab.locator(".task").getByText(TASKS[lesson]!).waitFor();
      for (const [w, h] of [
        [1280, 720],
        [1024, 768],
        [1920, 1080],
      ] as const) {
        await tab.setViewportSize({ width: w, height: h });
        await expect.poll(outside, { message: `lesson ${lesson + 1}, ${w} px` }).toEqual([]);
      }
    }
    await tab.evaluate("location.hash = '#view=learn&lesson=4&present=true'"); // at 1920 px, and then at 1280
    await tab.locator("[data-position='3']").first().click();
    await tab.locator("[data-result=given]").waitFor();
    const filled = () =>
      tab.evaluate(`{
        const of = (selector) => document.querySelector(selector).getBoundingClientRect();
        [of(".arcs svg").width / innerWidth, of(".task").bottom / innerHeight].map((share) => share > 0.85 && share <= 1);
      }`);
    await expect.poll(filled).toEqual([true, true]);
    await tab.setViewportSize({ width: 1280, height: 720 });
    await expect.poll(filled).toEqual([true, true]);
    await tab.evaluate("location.hash = '#view=learn&lesson=3&present=true'");
    await tab.locator("[data-step='0'][data-copied]").waitFor();
    for (const step of [1, 2, 3]) {
      await tab.keyboard.press("ArrowRight");
      await tab.locator(`[data-step='${step}']`).waitFor();
    }
    await tab.keyboard.press("ArrowLeft");
    await tab.locator("[data-step='2']").waitFor();
    await tab.keyboard.press("ArrowRight");
    await tab.keyboard.press("ArrowRight");
    await tab.getByRole("heading", { name: "5 Can you predict it?" }).waitFor();
    await tab.keyboard.press("ArrowRight"); // the last one stays
    await tab.getByRole("heading", { name: "5 Can you predict it?" }).waitFor();
    await tab.keyboard.press("Escape");
    await tab.locator("nav.views").waitFor();
    expect(new URL(tab.url()).hash).not.toContain("present");
    expect(errors).toEqual([]);
    await tab.close();
  });
});
