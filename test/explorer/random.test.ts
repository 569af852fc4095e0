/** @file After any actions, each number on the page is that of the head, the changes and the model that its label says. */
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { ablate, load, openEngine, runModel, score } from "../../src/index.ts";
import { random } from "../../src/measure.ts";
import { delay, describePage, live } from "./openPage.ts";

const MODELS = ["zoo:attn-2l", "zoo:llama-gqa"] as const;
const ACTIONS = 200;
/** Actions between two looks at the numbers. */
const BETWEEN = 20;
const SEED = 7;

type Draw = ReturnType<typeof random>;
const pick = <Value>(draw: Draw, values: readonly Value[]): Value =>
  values[Math.floor(draw.uniform() * values.length)]!;

/** What a reader can do, each where it can be done; what is not there at the moment is left out. */
const ACTS: Readonly<Record<string, (tab: Page, draw: Draw) => Promise<unknown>>> = {
  view: (tab, draw) =>
    click(tab, `nav.views button:nth-child(${1 + Math.floor(draw.uniform() * 5)})`),
  head: (tab, draw) => clickOne(tab, "[role=gridcell]", draw),
  cut: (tab) => click(tab, "button:text-is('Zero'), button:text-is('Switch it off')"),
  on: (tab) => click(tab, "button:text-is('Switch it on again'), button:text-is('All heads on')"),
  undo: (tab) => click(tab, "button:text-is('Undo')"),
  redo: (tab) => click(tab, "button:text-is('Redo')"),
  heads: (tab, draw) => clickOne(tab, ".switches button, .thumbs button", draw),
  layer: (tab, draw) => click(tab, `button:text-is('${pick(draw, ["Next", "Previous"])} layer')`),
  lesson: (tab) => click(tab, "button:text-is('Next lesson'), button:text-is('Next step')"),
  verdict: (tab) => click(tab, "button:text-is('Test every head')"),
  stop: (tab) => click(tab, "button:text-is('Stop')"),
  leave: (tab) => click(tab, "button:text-is('End it and open the other')"),
  back,
  model: (tab, draw) => tab.locator(".model select").first().selectOption(pick(draw, MODELS)),
};

/** What is done: mostly what asks the engine for another number, where the one before could stand in its place. */
const DRAWN: readonly string[] = [
  ...Object.keys(ACTS),
  ...["head", "head", "head", "head", "cut", "cut", "cut", "cut", "layer", "layer"],
];

/** The browser's own button, which must not leave the page. */
async function back(tab: Page): Promise<void> {
  await tab.goBack().catch(() => null);
  if (!tab.url().startsWith("http")) await tab.goForward();
}

/** Clicks without waiting, as a reader in a hurry: nothing where there is nothing to click. */
async function click(tab: Page, selector: string): Promise<void> {
  await tab
    .locator(selector)
    .first()
    .click({ timeout: 150, noWaitAfter: true })
    .catch(() => null);
}

async function clickOne(tab: Page, selector: string, draw: Draw): Promise<void> {
  const count = await tab.locator(selector).count();
  if (count === 0) return;
  const at = Math.floor(draw.uniform() * count);
  await tab
    .locator(selector)
    .nth(at)
    .click({ timeout: 150, noWaitAfter: true })
    .catch(() => null);
}

/** Waits until nothing is measured any more, but for a verdict, which goes on. */
async function still(tab: Page): Promise<void> {
  const busy = "[aria-busy=true], td[data-loss]:text('measuring'), main > p:text('Opening')";
  await expect.poll(() => tab.locator(`${busy}`).filter({ visible: true }).count()).toBe(0);
}

/** What the library says of a model, worked out once for each question. */
function truths() {
  const promises = new Map<string, Promise<never>>();
  const once = <Value>(key: string, make: () => Promise<Value>): Promise<Value> => {
    if (!promises.has(key)) promises.set(key, make() as Promise<never>);
    return promises.get(key)!;
  };
  const engine = once("engine", () => openEngine());
  const model = (name: string) => once(name, () => load(name));
  return {
    /** @param soFar sequences that the page has measured while it measures; null: all */
    scores: (name: string, soFar: number | null) =>
      once(`score ${name} ${soFar}`, async () =>
        score(await model(name), {
          backend: await engine,
          ...(soFar !== null && { numExamples: soFar }),
        }),
      ),
    loss: (name: string, heads: readonly string[]) =>
      once(`loss ${name} ${heads.join()}`, async () => {
        const sets = heads.length > 0 ? [[...heads]] : [["0.0"]];
        const options = { backend: await engine, kind: "zero", sets } as const;
        const { loss, sets: lost } = await ablate(await model(name), options);
        return loss.secondCopy + (heads.length > 0 ? lost[0]!.secondCopy : 0);
      }),
    patterns: (name: string, ids: readonly number[], layer: number) =>
      once(`pattern ${name} ${ids.join()} ${layer}`, async () => {
        const hook = `blocks.${layer}.attn.hook_pattern`;
        let values = new Float32Array();
        await runModel(await model(name), {
          backend: await engine,
          tokens: [[...ids]],
          names: [hook],
          receive: (_, __, { data }) => void (values = data as Float32Array<ArrayBuffer>),
        });
        return values;
      }),
  };
}

/** The numbers on the page that are not marked as earlier ones, with what their labels say of them. */
const SHOWN = `[...document.querySelectorAll("[data-value]")]
  .filter((one) => one.checkVisibility() && !one.closest("[aria-busy=true]"))
  .map((one) => ({
    value: Number(one.dataset.value),
    loss: one.dataset.loss ?? null,
    of: one.dataset.of ?? one.closest("[data-of]")?.dataset.of ?? null,
    at: one.dataset.at ?? null,
    cell: one.dataset.cell ?? null,
    edits: one.dataset.edits ?? null,
    score: one.dataset.score ?? null,
    soFar: Number(document.querySelector("[data-so-far]")?.dataset.soFar) || null,
    card: one.closest("section")?.querySelector("#chosen")?.textContent ?? null,
    map: one.closest("[role=grid]")?.getAttribute("aria-label") ?? null,
    tokens: one.dataset.cell ? [...document.querySelectorAll(".token")].map((token) => token.textContent) : [],
  }))`;

interface Shown {
  readonly value: number;
  readonly loss: string | null;
  readonly of: string | null;
  readonly at: string | null;
  readonly cell: string | null;
  readonly edits: string | null;
  readonly score: string | null;
  readonly soFar: number | null;
  readonly card: string | null;
  readonly map: string | null;
  readonly tokens: readonly string[];
}

const headsIn = (of: string) =>
  of
    .split(",")
    .filter(Boolean)
    .map((edit) => edit.replace(/:.*/, ""));

describePage("after any actions", (open) => {
  test(
    `each number on the page is that of its label (${ACTIONS} actions, seed ${SEED})`,
    { timeout: 600_000, tags: ["slow"] },
    async () => {
      const { tab, errors } = await open("#view=heads&ids=true");
      await live(tab);
      // Earlier answers then stand where they would be taken for new ones.
      await delay(tab, ["cut", "look"], 400);
      const draw = random(SEED);
      const truth = truths();
      const counts = { losses: 0, scores: 0, cells: 0 };
      for (let action = 1; action <= ACTIONS; action++) {
        await ACTS[pick(draw, DRAWN)]!(tab, draw);
        // Numbers are looked at both at once, while others are measured, and once the page is still.
        if (action % BETWEEN === 0) await still(tab);
        await expectTrue(tab, truth, counts);
      }
      expect(counts.losses).toBeGreaterThan(10);
      expect(counts.scores).toBeGreaterThan(50);
      expect(errors).toEqual([]);
      await tab.close();
    },
  );
});

async function expectTrue(
  tab: Page,
  truth: ReturnType<typeof truths>,
  counts: { losses: number; scores: number; cells: number },
): Promise<void> {
  const name = await tab.locator(".model select").first().inputValue();
  const items = await tab.evaluate<Shown[]>(SHOWN);
  if ((await tab.locator(".model select").first().inputValue()) !== name) return;
  for (const item of items) {
    const where = `${name} ${JSON.stringify({ ...item, tokens: [] })}`;
    if (item.loss?.startsWith("secondCopy")) {
      const heads = item.loss.endsWith(".before") ? [] : headsIn(item.of ?? "");
      expect(item.value, where).toBeCloseTo(await truth.loss(name, heads), 3);
      counts.losses++;
    } else if (item.at !== null && item.map === "Induction score by layer and head") {
      const [layer, head] = item.at.split(".").map(Number) as [number, number];
      const { scores } = await truth.scores(name, item.soFar);
      expect(item.value, where).toBeCloseTo(scores.induction[layer]![head]!, 4);
      counts.scores++;
    } else if (item.score !== null && item.card !== null && item.score in SCORES) {
      const [layer, head] = /(\d+)\.(\d+)/.exec(item.card)!.slice(1).map(Number) as [
        number,
        number,
      ];
      const { scores } = await truth.scores(name, item.soFar);
      const expected = scores[item.score as "induction"][layer]![head]!;
      expect(item.value, where).toBeCloseTo(expected, 4);
      counts.scores++;
    } else if (item.cell !== null && item.edits === "") {
      const ids = item.tokens.map(Number);
      const [query, key] = item.cell.split(",").map(Number) as [number, number];
      const [layer, head] = item.of!.split(".").map(Number) as [number, number];
      const patterns = await truth.patterns(name, ids, layer);
      const at = (head * ids.length + query) * ids.length + key;
      expect(item.value, where).toBeCloseTo(patterns[at]!, 4);
      counts.cells++;
    }
  }
}

const SCORES = {
  induction: 1,
  previousToken: 1,
  duplicateToken: 1,
  firstToken: 1,
  currentToken: 1,
};
