/** @file The pictures of docs/figures.md are what the figures draw (`UPDATE_DOCS=1` writes them). */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Window } from "happy-dom";
import { describe, expect, test } from "vitest";
import { drawnInNode } from "../../src/draw/drawnInNode.ts";
import { lazySvg } from "../../src/draw/lazySvg.ts";
import { FIGURE_NAMES, FIGURES, figureChoice, figureView } from "../../src/studies/figures.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { phaseRun } from "../../src/studies/phase/phaseRun.ts";
import { viewOf } from "../../src/studies/views.ts";
import { openZoo } from "../../src/models/zoo/openZoo.ts";
import { oneEngine } from "../interventions/engine.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const PAGE = readFileSync(join(DOCS, "figures.md"), "utf8");
const CARD = "atlas/smollm2-135m-instruct.q4-1.gguf.json";

const card = () => JSON.parse(readFileSync(join(DOCS, CARD), "utf8")) as unknown;
const curve = async () =>
  ablate(await openZoo("attn-2l"), {
    backend: await oneEngine(),
    numExamples: 16,
    curve: {},
    eachHead: false,
  });
const run = async () =>
  phaseRun(
    [100, 200, 250, 300, 400, 600, 1500].map((step) => ({
      step,
      open: () => openZoo(`attn-2l@${step}`),
    })),
    { backend: await oneEngine(), numExamples: 4 },
  );

describe("docs/figures.md", () => {
  test.each([
    ["scatter", "scatter=previousToken,induction", card],
    ["maps", "maps", card],
    ["labels", "labels", card],
    ["curve", "curve", curve],
    ["circuit", "circuit", card],
    ["steps", "steps=.3,.5,.8", run],
  ] as const)("shows the figure %s as it is drawn, in both themes", async (name, text, fresh) => {
    const view = await viewOf({ name, result: await fresh() });
    const { pictures } = figureView(view, figureChoice(text), name);
    const draw = lazySvg(pictures![0]!, drawnInNode);
    for (const [theme, ending] of [
      ["light", ""],
      ["dark", "-dark"],
    ] as const) {
      const file = join(DOCS, `figures/${name}${ending}.svg`);
      const svg = await draw(theme);
      if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, svg);
      else expect(textsOf(svg)).toEqual(textsOf(readFileSync(file, "utf8")));
    }
    expect(PAGE).toContain(`(figures/${name}.svg)`);
    expect(PAGE).toContain(`\`${text}\``);
  });

  test("has a row for each figure, with the Results that give it", () => {
    const rows = PAGE.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.map((row) => /`(\w+)`/.exec(row)![1])).toEqual(FIGURE_NAMES);
    for (const [index, name] of FIGURE_NAMES.entries())
      expect([FIGURES[name].from, "the same"]).toContain(
        rows[index]!.split("|").at(-2)!.trim().replaceAll("`", ""),
      );
  });
});

/** What it says: places of marks may differ in their last digits between machines. */
function textsOf(svg: string): string[] {
  const { document } = new Window();
  document.write(svg);
  return [...document.querySelectorAll("text")].map((text) => text.textContent);
}
