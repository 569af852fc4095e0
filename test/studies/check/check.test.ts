import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { load } from "../../../src/index.ts";
import { check } from "../../../src/studies/check/check.ts";
import { outcomeOf } from "../../../src/studies/check/numberRules.ts";
import { checkResult, type CheckResult } from "../../../src/studies/check/result.ts";
import { githubAnnotations, junitXml } from "../../../src/studies/check/viewForCi.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { cli, emptyFolder, MAIN } from "../../cli/cli.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { changedModel, scaledHead } from "../changedModel.ts";

const backend = await oneEngine();
const zoo = await load("zoo:attn-2l");
afterAll(() => zoo.close());

describe("check", () => {
  test("holds for a model that keeps its rules, and knows the ones that it breaks", async () => {
    const rules = [
      ...["copyGain >= 3", "secondCopy < 0.5", "previous-token score of any head >= .7"],
      ...["effect of head 1.0 >= 1", "head 1.0 label induction", "some head label previous-token"],
    ];
    const holds = await check(zoo, { backend, rules });
    expect(checkResult.parse(holds)).toEqual(holds);
    expect(holds.rules.map(({ outcome }) => outcome)).toEqual(rules.map(() => "holds"));
    expect(holds).toMatchObject({ outcome: "holds", verdict: "full" });
    const broken = ["induction score of any head <= .3", "head 0.0 label induction"];
    const fails = await check(zoo, { backend, rules: [rules[0]!, ...broken], quick: true });
    expect(fails.rules.map(({ outcome }) => outcome)).toEqual(["holds", "fails", "fails"]);
    expect(fails.rules[1]!.heads).toContainEqual({ layer: 1, head: 0 });
    expect(fails.outcome).toBe("fails");
  });

  test("makes no verdict where no rule speaks of labels", async () => {
    expect((await check(zoo, { backend, rules: ["copyGain >= 3"] })).verdict).toBe("none");
  });

  test("makes no causal runs where attention decides, and comes to what they would", async () => {
    const byAttention = ["head 0.0 label previous-token", "some head label previous-token"];
    const fast = await check(zoo, { backend, rules: byAttention });
    const rules = [...byAttention, "head 1.0 label other", "head 1.0 not flags inert"];
    const whole = await check(zoo, { backend, rules, quick: true });
    expect([fast.verdict, whole.verdict]).toEqual(["attention", "quick"]);
    const outcomesOf = ({ rules }: CheckResult) => rules.map(({ outcome }) => outcome);
    expect(outcomesOf(fast)).toEqual(outcomesOf(whole).slice(0, 2));
    const baseline = await verdict(zoo, { backend, quick: true });
    const cut = await changedModel(zoo, "cut", scaledHead(1, 2, 0));
    const same = await check(cut, {
      ...{ backend, baselines: { "b.json": baseline }, quick: true },
      rules: ["same labels as b.json except undecided"],
    });
    expect(same).toMatchObject({ verdict: "quick", outcome: "fails" });
  });

  test("draws more rows for a rule that its interval spans, and says so at the limit", async () => {
    const first = await check(zoo, { backend, rules: ["copyGain >= 0"], limit: 160 });
    expect(first.input.examples).toBe(20);
    const { value, low, high } = first.rules[0]!;
    const near = `copyGain >= ${value! - 0.4 * (value! - low!)}`;
    const at = await check(zoo, { backend, rules: [near, "copyGain >= 0"], limit: 320 });
    expect(at.looks).toEqual([20, 40, 80, 160, 320]);
    expect(at.rules[0]!.examples).toBeGreaterThan(20);
    expect(at.rules[1]!.examples).toBe(20);
    const all = await check(zoo, { backend, rules: ["copyGain >= 0"], numExamples: 40, limit: 40 });
    const spanned = await check(zoo, {
      ...{ backend, numExamples: 20, limit: 40 },
      rules: [`copyGain >= ${all.rules[0]!.value!}`],
    });
    expect(spanned).toMatchObject({ outcome: "undecided", input: { examples: 40 } });
    expect(spanned.rules[0]).toMatchObject({ examples: 40, value: all.rules[0]!.value });
    expect(high! - low!).toBeGreaterThan(spanned.rules[0]!.high! - spanned.rules[0]!.low!);
  });

  test("fails a fine-tune that lost its previous-token head, by scores, labels and baseline", async () => {
    const baseline = await verdict(zoo, { backend });
    const lost = await changedModel(zoo, "lost", (name, values) =>
      name === "blocks.0.attn.W_Q" ? values.map((value) => 0.001 * value) : null,
    );
    const rules = [
      "previous-token score of any head >= .5",
      "some head label previous-token",
      "same labels as base.json except undecided",
    ];
    const options = { backend, rules, baselines: { "base.json": baseline } };
    const before = await check(zoo, options);
    expect(before.warnings).toEqual(baseline.warnings);
    const { ruleVersion: _, ...older } = baseline;
    const { warnings } = await check(zoo, { ...options, baselines: { "base.json": older } });
    expect(warnings).toContainEqual(
      expect.stringContaining("base.json was labelled by version 1 of the verdict's rule"),
    );
    expect(before.rules.map(({ outcome }) => outcome)).toEqual(["holds", "holds", "holds"]);
    const after = await check(lost, options);
    expect(after.rules.map(({ outcome }) => outcome)).toEqual(["fails", "fails", "fails"]);
    expect(after.rules[2]!.why).toContain("0.0 was previous-token and is ");
  });

  test("lets a head whose output is gone fail by its label and its effect alone", async () => {
    const cut = await changedModel(zoo, "cut", scaledHead(1, 2, 0));
    const rules = [
      "induction score of head 1.2 >= .8",
      "effect of head 1.2 >= 1",
      "head 1.2 label induction",
    ];
    const { rules: outcomes } = await check(cut, { backend, rules });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["holds", "fails", "fails"]);
  });

  test("refuses heads and baselines that are not there, and limits below the first rows", async () => {
    const checkWith = (rules: string[], more = {}) => check(zoo, { backend, rules, ...more });
    await expect(checkWith(["head 7.0 label induction"])).rejects.toThrow("has heads 0.0 to 1.3");
    await expect(checkWith(["same labels as b.json"])).rejects.toThrow("needs the verdict b.json");
    await expect(checkWith(["copyGain >= 3"], { limit: 10 })).rejects.toThrow(
      "from the first 20 rows on",
    );
    await expect(checkWith([])).rejects.toThrow("a check needs rules, got none");
    const other = await verdict(await load("planted:induction"), { backend, quick: true });
    const otherShape = { ...other, model: { ...other.model, layers: 3 } };
    await expect(
      checkWith(["same labels as b.json"], { baselines: { "b.json": otherShape } }),
    ).rejects.toThrow("b.json is the verdict of a model with 3 layers");
  });

  test("decides by the interval: on its bound, a strict and a lax operator differ", () => {
    expect(outcomeOf([1, 2], ">=", 1)).toBe("holds");
    expect(outcomeOf([1, 2], ">", 1)).toBe("undecided");
    expect(outcomeOf([1, 2], "<", 1)).toBe("fails");
    expect(outcomeOf([0, 1], "<=", 1)).toBe("holds");
  });

  test("writes XML and annotations that names from outside cannot break", async () => {
    const result = await check(zoo, { backend, rules: ["copyGain >= 30"], file: "a,b:\n.yml" });
    const evil = {
      ...result,
      rules: [{ ...result.rules[0]!, name: '"><&\u0007\n::error::', line: 3 }],
    };
    expect(junitXml(evil)).toContain('name="&quot;&gt;&lt;&amp;&#10;::error::"');
    expect(junitXml(evil)).toContain("<failure message=");
    const lines = githubAnnotations(evil).trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^::error file=a%2Cb%3A%0A\.yml,line=3,title=[^,:\n]*::copyGain/);
  });
});

describe("the command (runs the built package)", () => {
  test("exits with 0, 1, 4 and 2, and writes what it was asked for", async () => {
    const folder = emptyFolder();
    const write = (rules: string) => writeFileSync(join(folder, "r.yml"), rules);
    const run = (...more: string[]) =>
      cli(folder, ["check", "zoo:attn-2l", "--rules", "r.yml", ...more]);
    write("rules: [copyGain >= 3]");
    expect(await run("--junit", "out/a.xml", "--out", "a.html")).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "out/a.xml"), "utf8")).toContain('failures="0"');
    expect(existsSync(join(folder, "a.html"))).toBe(true);
    write("rules: [copyGain >= 30]");
    const failed = await run("--github", "--json");
    expect(failed.code).toBe(1);
    expect(checkResult.parse(JSON.parse(failed.stdout)).outcome).toBe("fails");
    expect(failed.stderr).toContain("::error file=r.yml,line=1,");
    const value = (JSON.parse(failed.stdout) as { rules: { value: number }[] }).rules[0]!.value;
    write(`limit: 20\nrules: [copyGain >= ${value}]`);
    expect(await run()).toMatchObject({ code: 4 });
    write("rules: [copyGain => 30]");
    expect(await run()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: r\.yml:1:18: /) as string,
    });
    expect((await cli(folder, ["check", "zoo:attn-2l", "--rules", "no.yml"])).stderr).toContain(
      "cannot read the rules no.yml",
    );
  });

  test("is what action.yml runs, as the example workflow asks it to", async () => {
    const root = join(import.meta.dirname, "../../..");
    const read = (file: string) => readFileSync(join(root, file), "utf8");
    const action = parse(read("action.yml")) as {
      inputs: Record<string, { default?: string }>;
      runs: { steps: { run?: string; env?: Record<string, string> }[] };
    };
    const workflow = parse(read("docs/examples/check.yml")) as {
      jobs: { check: { steps: { uses?: string; with?: Record<string, string> }[] } };
    };
    const step = workflow.jobs.check.steps.find(({ uses }) => uses?.includes("induction-lens"))!;
    expect(Object.keys(step.with!).filter((name) => !Object.hasOwn(action.inputs, name))).toEqual(
      [],
    );
    const { run, env } = action.runs.steps.find((item) => item.run)!;
    const folder = emptyFolder();
    mkdirSync(join(folder, "bin"));
    writeFileSync(
      join(folder, "bin/npx"),
      `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${MAIN}" "$@"\n`,
    );
    chmodSync(join(folder, "bin/npx"), 0o755);
    writeFileSync(join(folder, "heads.rules.yml"), read("docs/examples/heads.rules.yml"));
    const inputs: Record<string, string> = { ...step.with, model: "zoo:attn-2l" };
    const valueOf = (expression: string) =>
      expression.replace(
        /\$\{\{ inputs\.(\w+) \}\}/,
        (_, name: string) => inputs[name] ?? action.inputs[name]!.default ?? "",
      );
    const actionInputs = Object.fromEntries(
      Object.entries(env!).map(([name, text]) => [name, valueOf(text)]),
    );
    const variables = {
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      HOME: folder,
      XDG_CACHE_HOME: folder,
    };
    const runCheck = (more: Record<string, string> = {}) =>
      execFileSync("bash", ["-e", "-c", run!], {
        cwd: folder,
        env: { ...variables, ...actionInputs, GITHUB_OUTPUT: join(folder, "output"), ...more },
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(runCheck()).toContain("::notice file=heads.rules.yml,line=6,");
    expect(readFileSync(join(folder, "output"), "utf8")).toBe("outcome=holds\n");
    expect(existsSync(join(folder, "heads.xml"))).toBe(true);
    writeFileSync(join(folder, "bad.yml"), "rules: [copyGain >= 30]");
    expect(() => runCheck({ RULES: "bad.yml", UNDECIDED: "pass" })).toThrow(
      expect.objectContaining({ status: 1 }),
    );
    expect(() => runCheck({ RULES: "$(touch evil)" })).toThrow(
      expect.objectContaining({ status: 2 }),
    );
    expect(existsSync(join(folder, "evil"))).toBe(false);
  });
});
