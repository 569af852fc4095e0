import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { load } from "../../../src/index.ts";
import { LABELS } from "../../../src/measure/verdict/names.ts";
import { card } from "../../../src/studies/card/card.ts";
import { cardDiff } from "../../../src/studies/card/cardDiff.ts";
import { notTested } from "../../../src/studies/card/notTested.ts";
import { PUBLISHED, publishedOf } from "../../../src/studies/card/publishedFacts.ts";
import { headCardResult, type CardResult } from "../../../src/studies/card/result.ts";
import { cardDiffResult } from "../../../src/studies/card/resultDiff.ts";
import { disagreementWords } from "../../../src/studies/card/view.ts";
import { cardMarkdown } from "../../../src/studies/card/viewMarkdown.ts";
import { cli, emptyFolder, pathsIn } from "../../cli/cli.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { changedModel, scaledHead } from "../changedModel.ts";

const backend = await oneEngine();
const zoo = await load("zoo:attn-2l");
let whole: CardResult;
beforeAll(async () => {
  whole = await card(zoo, { backend });
});
afterAll(() => zoo.close());

describe("card", () => {
  test("has one verdict and everything that it says of the model", () => {
    expect(headCardResult.parse(whole)).toEqual(whole);
    expect(whole.model).toEqual(whole.verdict.model);
    expect(whole.parameters).toBe(41920);
    expect(whole.losses.copyGain.value).toBeGreaterThan(3);
    expect(whole.notTested.join(" ")).toContain("heads may do something else on natural text");
    expect(whole.notTested.join(" ")).toContain("nothing is known of longer contexts");
  });

  test("counts as not attending neither the heads that ran nor those that were left out", () => {
    const { verdict } = whole; // four of eight heads are candidates
    const otherWords = (candidates: string[], leftOut: string[]) => {
      const screened = { ...verdict.screened, candidates, leftOut };
      const words = notTested({ ...verdict, screened });
      return words.filter((text) => text.includes("not attend like induction"));
    };
    const all = verdict.heads.map(({ layer, head }) => `${layer}.${head}`);
    expect(otherWords(all.slice(0, 4), all.slice(4, 6))).toEqual([
      "2 of 8 heads do not attend like induction, so what is lost without them was not measured; their labels say where they attend.",
    ]);
    expect(otherWords(all.slice(0, 4), all.slice(4, 7))).toEqual([
      "1 of 8 heads does not attend like induction, so what is lost without it was not measured; its label says where it attends.",
    ]);
    expect(otherWords(all, [])).toEqual([]);
  });

  test("as Markdown has metadata, and a row for each head that has a label", async () => {
    const text = await cardMarkdown(whole, "card.png");
    const [, front] = /^---\n([^]*?)---\n/.exec(text)!;
    const induction = whole.verdict.heads.filter(({ label }) => label === "induction");
    expect(parse(front!)).toMatchObject({
      tags: expect.arrayContaining(["induction-heads"]) as string[],
      induction_lens: {
        weights_sha256: whole.model.sha256,
        induction_heads: induction.map(({ layer, head }) => `${layer}.${head}`),
      },
    });
    const labelled = whole.verdict.heads.filter(
      ({ label }) => label !== "other" && label !== "first-token",
    );
    for (const { layer, head, label } of labelled)
      expect(text).toContain(`| ${layer}.${head} | ${label} |`);
    expect(text).toContain("## What was not tested");
  });

  test("as Markdown is not steered by the name of a model", async () => {
    const id = "a\n# <script>|`b`";
    const text = await cardMarkdown({ ...whole, model: { ...whole.model, id } }, null);
    expect(text).not.toContain("<script>");
    expect(text).not.toMatch(/^# <script/m);
  });
});

describe("published facts", () => {
  test("are of heads that the models have, with labels that exist and a source", () => {
    for (const { headNames, layers, heads, labels, source } of PUBLISHED) {
      for (const name of headNames) {
        const [layer, head] = name.split(".").map(Number) as [number, number];
        expect(layer < layers && head < heads).toBe(true);
      }
      expect(labels.every((label) => LABELS.includes(label))).toBe(true);
      expect(source).toMatch(/arXiv:\d{4}\.\d{5}/);
    }
  });

  test("are found by name and size alone", () => {
    expect(publishedOf({ id: "gpt2", layers: 12, heads: 12 }).length).toBeGreaterThan(2);
    expect(publishedOf({ id: "gpt2", layers: 2, heads: 12 })).toEqual([]);
    expect(publishedOf({ id: "zoo:attn-2l", layers: 12, heads: 12 })).toEqual([]);
  });

  test("that the labels differ from are said, and those that agree are counted", () => {
    const fact = { layer: 5, head: 5, called: "induction heads", convention: "c", source: "s" };
    const agreeing = { ...fact, ours: "induction" as const, agrees: true };
    const other = { ...fact, head: 8, ours: "positional" as const, agrees: false };
    expect(disagreementWords({ published: [agreeing] })).toEqual([
      "The labels agree with what was published (heads: 1).",
    ]);
    expect(disagreementWords({ published: [agreeing, other] })[0]).toContain(
      "differ for 5.8 (induction heads; here positional)",
    );
  });
});

describe("card diff", () => {
  test("finds nothing between a card and itself", () => {
    const diff = cardDiff(whole, whole);
    expect(cardDiffResult.parse(diff)).toEqual(diff);
    expect(diff).toMatchObject({ sameWeights: true, warnings: [], losses: { copyGain: 0 } });
    expect(diff.changes).toEqual({ labels: [], flags: [], edges: { gained: [], lost: [] } });
  });

  test("warns of a card that another version of the rule labelled, and docs/verdict.md has both", () => {
    const { ruleVersion, ...verdict } = whole.verdict;
    const { warnings } = cardDiff({ ...whole, verdict }, whole);
    expect(warnings).toEqual([
      expect.stringContaining(`the old card was labelled by version 1 of the verdict's rule`),
    ]);
    const rows = readFileSync("docs/verdict.md", "utf8").matchAll(/^\| (\d+) +\|/gm);
    const versions = [...rows].map(([, version]) => Number(version));
    expect(versions).toEqual(versions.map((_, at) => at + 1));
    expect(versions.at(-1)).toBe(ruleVersion);
  });

  test("finds the label of a head whose output is gone, and warns of another extent", async () => {
    const cut = await changedModel(zoo, "cut", scaledHead(1, 2, 0));
    const diff = cardDiff(whole, await card(cut, { backend }));
    expect(diff.changes.labels).toContainEqual(
      expect.objectContaining({ layer: 1, head: 2, from: "induction" }),
    );
    expect(diff.sameWeights).toBe(false);
    const quick = cardDiff(whole, await card(zoo, { backend, quick: true }));
    expect(quick.warnings).toContain("one card has a quick verdict, the other a full one");
  });

  test("refuses cards of models of other sizes", () => {
    const other = { ...whole, model: { ...whole.model, heads: 8 } };
    expect(() => cardDiff(whole, other)).toThrow("2 layers of 4 heads");
  });
});

test("the command writes a folder, and diff reads it (runs the built package)", async () => {
  const folder = emptyFolder();
  const command = ["card", "zoo:attn-2l", "--quick", "--out", "a", "--figure", "maps"];
  expect(await cli(folder, command)).toMatchObject({ code: 0 });
  const figures = ["a/figure.csv", "a/figure.png", "a/figure.svg"];
  const names = ["a", "a/card.html", "a/card.json", "a/card.md", "a/card.png", ...figures];
  expect(pathsIn(folder)).toEqual(names);
  expect(readFileSync(join(folder, "a/figure.csv"), "utf8")).toMatch(/^# .*zoo:attn-2l/);
  const json = JSON.parse(readFileSync(join(folder, "a/card.json"), "utf8")) as CardResult;
  expect(headCardResult.parse(json).verdict.screened.quick).toBe(true);
  const without = await cli(folder, [...command.slice(0, -1), "steps"]);
  expect(without).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("the figure steps needs a Result of phase") as string,
  });
  expect(pathsIn(folder)).toEqual(names.slice(0, 5)); // the card all the same
  const diff = await cli(folder, ["card", "diff", "a/card.json", "a/card.json"]);
  expect(diff).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("No label changed.") as string,
  });
  expect(await cli(folder, ["card", "diff", "a/card.json"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("card diff takes the old card and the new one") as string,
  });
  expect((await cli(folder, ["card", "zoo:attn-2l", "x"])).code).toBe(2);
});
