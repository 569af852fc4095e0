import { expect, test } from "vitest";
import { ablate, blockRows, openEngine, openWorkbench } from "../../src/browser.ts";
import { load } from "../../src/index.ts";
import { checkLooks, describePage, live, saved, value } from "./openPage.ts";

describePage("surgery in the explorer", (open) => {
  test("gives the losses of the ablation study for zero, mean, resample and an ideal pattern", async () => {
    const model = await load("zoo:attn-2l");
    const backend = await openEngine();
    const { tab, errors, elsewhere } = await open("#view=surgery&head=0.0");
    await live(tab);
    const after = () => value(tab, '[data-loss="secondCopy.after"]');
    for (const kind of ["zero", "mean", "resample"] as const) {
      const name = `${kind[0]!.toUpperCase()}${kind.slice(1)}`;
      await tab.getByRole("button", { name, exact: true }).click();
      const study = await ablate(model, { backend, kind, sets: [["0.0"]] });
      await expect.poll(after).toBeCloseTo(study.loss.secondCopy + study.sets[0]!.secondCopy, 4);
    }
    await tab.getByRole("button", { name: "Ideal first token" }).click();
    const study = await ablate(model, { backend, kind: "zero", idealise: ["0.0"] });
    const rest = study.ideal.find(({ pattern }) => pattern === "firstToken")!;
    await expect.poll(after).toBeCloseTo(study.loss.secondCopy + rest.secondCopy, 4);
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
    await tab.close();
  });

  test("gives the difference the interval of the ablation study, and measures more sequences when asked", async () => {
    const model = await load("zoo:attn-2l");
    const backend = await openEngine();
    const { tab, errors } = await open("#view=surgery&head=0.0&off=0.0:resample");
    await live(tab);
    const difference = tab.locator("[data-difference=secondCopy]");
    for (const numExamples of [16, 64]) {
      const sets = [["0.0"]];
      const study = await ablate(model, { backend, kind: "resample", sets, numExamples });
      const { secondCopy, interval } = study.sets[0]!;
      const [low, high] = interval!.map((end) => `+${end.toFixed(3)}`);
      await expect
        .poll(() => difference.innerText())
        .toBe(`+${secondCopy.toFixed(3)} [${low}, ${high}]`);
      await tab.getByRole("button", { name: `Measure on ${4 * numExamples} sequences` }).click();
    }
    await tab.getByText("Measured on 256 sequences in 16 forward passes").waitFor();
    const svg = (await saved(tab, "SVG")).replace(/<[^>]+>/g, "|");
    for (const words of [
      "Losses with heads changed: zoo:attn-2l",
      "0.0: ",
      "dashed line: with the",
    ])
      expect(svg).toContain(words); // a file says of what model, with which changes, and what its lines are
    await tab.getByRole("button", { name: "Undo", exact: true }).click();
    await tab.getByText("Measured on 16 sequences in one forward pass").waitFor();
    expect(errors).toEqual([]);
    await tab.close();
  });

  test("has the words of a map's halves on the half that they are of, and strikes only what is gone", async () => {
    const { tab } = await open("#view=surgery&head=0.0&off=0.0:zero");
    await live(tab);
    const now = tab.locator(".cell.marked .now");
    await now.first().waitFor();
    await tab.locator(".cell, .cell *").evaluateAll((all) => {
      for (const { style } of all as HTMLElement[])
        Object.assign(style, { color: "transparent", outline: "none" });
    });
    for (const width of [360, 1440]) {
      await tab.setViewportSize({ width, height: 900 });
      await now.first().scrollIntoViewIfNeeded();
      const picture = (await now.first().screenshot()).toString("base64");
      const colours = await tab.evaluate(async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes]));
        const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d")!;
        canvas.drawImage(image, 0, 0);
        return new Set(
          new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer),
        ).size;
      }, picture);
      expect(colours, `at ${width} px`).toBe(1);
    }
    const lineOf = (half: string) =>
      tab
        .locator(`.cell.off ${half}`)
        .evaluate((number) => getComputedStyle(number).textDecorationLine);
    expect(await lineOf(".was")).toBe("none");
    expect(await lineOf(".now .number")).toBe("line-through");
    await tab.close();
  });

  test("marks the induction head that goes blind when the head it reads is cut, and keeps a table of what was done", async () => {
    const { tab } = await open("#view=surgery&head=0.0");
    await live(tab);
    await tab.getByRole("button", { name: "Zero", exact: true }).click();
    const blind = tab.locator('[data-at="1.2"].marked');
    await blind.waitFor();
    expect(Number(await blind.getAttribute("data-value"))).toBeLessThan(0.2);
    const step = tab.locator('[data-after="0.0:zero"]');
    await expect.poll(() => step.innerText()).toMatch(/^6\.\d{3}$/);
    await tab.getByRole("button", { name: "Undo", exact: true }).click();
    await tab.getByText("Nothing is changed yet").waitFor();
    await tab.getByRole("button", { name: "Redo" }).click();
    await blind.waitFor();
    await tab.close();
  });

  test("guesses where the changes take most from the right token, until the reader chooses another", async () => {
    const model = await load("zoo:attn-2l");
    const { tokens, start, period } = blockRows(model.architecture, {
      ...{ seed: 0, period: 16, examplesFor: () => 1 },
    });
    const length = tokens.shape[1]!;
    const bench = await openWorkbench(model, { backend: await openEngine(), rows: 1, length });
    const rows = { tokens, repeats: { start, period, length } };
    const edit = { layer: 1, head: 2, kind: "zero" } as const;
    const [whole, cut] = [await bench.run(rows), await bench.run(rows, { edits: [edit] })];
    await bench.close();
    const falls = Array.from(
      { length: length - 1 },
      (_, at) => Math.exp(-whole.losses.data[at + 1]!) - Math.exp(-cut.losses.data[at + 1]!),
    );
    const most = Math.max(...falls);
    const { tab } = await open("#view=surgery&head=1.2");
    await live(tab);
    const caption = tab.locator("table.guesses caption");
    await caption.getByText(` at ${length - 2} (`).waitFor();
    await tab.getByRole("button", { name: "Zero", exact: true }).click();
    await caption.getByText(` at ${falls.indexOf(most)} (`).waitFor();
    const [was, is] = await tab
      .locator("table.guesses tr", { hasText: "comes next" })
      .locator("td")
      .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLElement).dataset["value"])));
    expect(was! - is!).toBeCloseTo(most, 4);
    await tab.locator("[data-position='3']").click();
    await caption.getByText(" at 3 (").waitFor();
    await tab.close();
  });

  test("cuts all heads that attend alike at once, and shows that each costs more once the others are gone", async () => {
    const model = await load("zoo:attn-2l");
    const backend = await openEngine();
    const { tab } = await open("#view=surgery&head=1.0");
    await live(tab);
    await tab.getByRole("button", { name: "Zero all 4 induction heads" }).click();
    const sets = [["1.0"], ["1.0", "1.2"], ["1.0", "1.2", "1.1"], ["1.0", "1.2", "1.1", "1.3"]];
    const study = await ablate(model, { backend, kind: "zero", sets });
    for (const [index, step] of ["1.0:zero", "1.2:zero", "1.1:zero", "1.3:zero"].entries()) {
      const cell = tab.locator(`[data-after="${step}"]`);
      const expected = study.loss.secondCopy + study.sets[index]!.secondCopy;
      await expect.poll(() => cell.innerText()).toBe(expected.toFixed(3));
    }
    await tab.close();
  });

  test("opens a link with the changes that were made, and measures each step of them", async () => {
    const { tab } = await open("#view=surgery&head=1.2&off=0.1:zero,1.2:zero&at=20");
    for (const step of ["0.1:zero", "1.2:zero"])
      await expect
        .poll(() => tab.locator(`[data-after="${step}"]`).innerText())
        .toMatch(/^\d\.\d{3}$/);
    await tab.close();
  });

  checkLooks(open, [
    {
      name: "surgery",
      hash: "#view=surgery&head=1.2&off=0.0:zero&at=20",
      ready: async (tab) => {
        await tab.locator('[data-at="1.2"].marked').waitFor();
        await tab.getByText("(comes next)").waitFor();
      },
    },
  ]);
});
