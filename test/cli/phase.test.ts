/** @file The phase command on made-up runs in folders. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { phaseResult } from "../../src/studies/phase/result.ts";
import { phaseSeedsResult } from "../../src/studies/phase/resultSeeds.ts";
import { headsAt, STEPS } from "../studies/phase/plantedRun.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { cli, emptyFolder, pathsIn } from "./cli.ts";

const SIZES = { vocabulary: 60, contextLength: 48, width: 16, heads: 2, layers: 2, seed: 1 };
const QUICK = ["--num-examples", "10", "--seq-len", "40", "--quiet", "--threads", "1"];

async function writeRun(folder: string, name: string, induction = true) {
  for (const step of STEPS)
    await writeCheckpoint(join(folder, name, "checkpoints"), `step-${step}`, {
      sizes: SIZES,
      planted: headsAt(step, { induction }),
    });
  const line = (step: number) => JSON.stringify({ step, loss: step > 400 ? 1 : 3 });
  writeFileSync(join(folder, name, "log.jsonl"), `${STEPS.map(line).join("\n")}\n{"step":`);
}

describe("induction-lens phase", () => {
  test("finds the change of a run, and writes it in every format", async () => {
    const folder = emptyFolder();
    await writeRun(folder, "run");
    const files = ["png", "svg", "html", "csv", "json"].flatMap((ending) => [
      "--out",
      `a.${ending}`,
    ]);
    const { code, stdout, stderr } = await cli(folder, ["phase", "run", ...QUICK, ...files]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/Phase change at step \d+/);
    expect(stdout).toMatch(/The previous-token head comes first/);
    const result = phaseResult.parse(JSON.parse(readFileSync(join(folder, "a.json"), "utf8")));
    expect(result.steps).toEqual(STEPS);
    expect(result.curves.training).toMatchObject({ what: "training loss", steps: STEPS });
    const [head, ...rows] = readFileSync(join(folder, "a.csv"), "utf8").trim().split("\n");
    expect(head).toMatch(
      /^step,layer,head,induction,previousToken,copying,firstCopyNats,secondCopyNats,copyGainNats/,
    );
    const heads = result.model!.layers * result.model!.heads;
    expect(rows).toHaveLength(STEPS.length * heads);
    expect(readFileSync(join(folder, "a.svg"), "utf8")).toContain("change at ");
    expect(readFileSync(join(folder, "a.html"), "utf8")).toContain("<h1>Phase change: run</h1>");
    expect(readFileSync(join(folder, "a.png")).subarray(1, 4).toString()).toBe("PNG");
  });

  test("says none for a run without induction heads, and compares runs with --seeds", async () => {
    const folder = emptyFolder();
    await writeRun(folder, "one");
    await writeRun(folder, "none", false);
    const none = await cli(folder, ["phase", "none", ...QUICK]);
    expect(none.stdout).toMatch(/No phase change[.:]/);
    const both = await cli(folder, ["phase", "one", "none", "--seeds", "--json", ...QUICK]);
    const result = phaseSeedsResult.parse(JSON.parse(both.stdout));
    expect(result.found).toBe(1);
    expect(result.words[0]).toMatch(/^1 of 2 runs have a phase change/);
  });

  test("repeats a run with other seeds, each trained once, and compares them", async () => {
    const folder = emptyFolder();
    const small = "train run --width 16 --heads 2 --context 16 --batch 4 --vocabulary 16 --seed 7";
    const steps = ["--steps", "40", "--checkpoints", "14", "--quiet"];
    expect((await cli(folder, [...small.split(" "), ...steps])).code).toBe(0);
    const phase = () => cli(folder, ["phase", "run", "--seeds", "3", "--json", "--quiet"]);
    const first = await phase();
    expect([first.code, first.stderr]).toEqual([0, ""]);
    const { runs } = phaseSeedsResult.parse(JSON.parse(first.stdout));
    const names = ["run", join("run", "seeds", "8"), join("run", "seeds", "9")];
    expect(runs.map(({ id }) => id)).toEqual(names);
    const recipes = names.map(
      (name) => JSON.parse(readFileSync(join(folder, name, "recipe.json"), "utf8")) as object,
    );
    recipes.forEach((recipe, index) => expect(recipe).toEqual({ ...recipes[0], seed: 7 + index }));
    expect(runs[1]!.curves.induction).not.toEqual(runs[2]!.curves.induction);
    const states = names.map((name) => join(folder, name, "state.safetensors"));
    const times = () => states.map((state) => statSync(state).mtimeMs);
    const before = times();
    const again = phaseSeedsResult.parse(JSON.parse((await phase()).stdout));
    expect(times()).toEqual(before);
    expect(again.runs.map(({ curves }) => curves)).toEqual(runs.map(({ curves }) => curves));
  });

  test("finds the change of zoo:attn-2l where its log has it, and none in zoo:attn-1l", async () => {
    const folder = emptyFolder();
    const two = await cli(folder, ["phase", "zoo:attn-2l", "--json", "--quiet", "--threads", "1"]);
    const { change, words } = phaseResult.parse(JSON.parse(two.stdout));
    expect(change!.step).toBeGreaterThan(225);
    expect(change!.step).toBeLessThan(300);
    expect(words.join(" ")).toContain("induction score of head 1.0");
    const oneLayer = await cli(folder, ["phase", "zoo:attn-1l", "--quiet", "--threads", "1"]);
    expect([oneLayer.code, oneLayer.stdout]).toEqual([
      0,
      expect.stringMatching(/No phase change[.:]/),
    ]);
    const step = await cli(folder, ["phase", "zoo:attn-2l@300"]);
    expect([step.code, step.stderr]).toEqual([2, expect.stringContaining("needs a whole run")]);
  });

  test("takes single checkpoints as one run, and only the steps that are asked for", async () => {
    const folder = emptyFolder();
    for (const step of [10, 20, 30])
      await writeCheckpoint(folder, `checkpoint-${step}`, { sizes: SIZES, planted: headsAt(step) });
    const paths = [30, 10, 20].map((step) => `checkpoint-${step}`);
    const { stdout } = await cli(folder, [
      "phase",
      ...paths,
      "--steps",
      "10,30",
      "--json",
      ...QUICK,
    ]);
    expect(phaseResult.parse(JSON.parse(stdout)).steps).toEqual([10, 30]);
  });

  test("refuses what is no run, with what it got, and writes nothing", async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "empty"));
    await writeCheckpoint(folder, "step-1", { sizes: SIZES });
    await writeCheckpoint(folder, "last", { sizes: SIZES });
    mkdirSync(join(folder, "broken"));
    await writeCheckpoint(join(folder, "broken"), "step-2", { sizes: SIZES });
    writeFileSync(join(folder, "broken/log.jsonl"), 'no\n{"step":1}\n');
    const refused: [string[], string][] = [
      [["./nowhere"], "there is no file or folder ./nowhere"],
      [["EleutherAI/pythia-70m", "--offline"], "no revision of EleutherAI/pythia-70m is in "],
      [["empty"], "empty holds no checkpoints"],
      [["last"], "needs its step, such as step-000120, got last"],
      [["step-1", "--steps", "1,7"], "has no checkpoint of step 7; it has 1"],
      [["step-1", "--seeds"], "--seeds compares at least two runs, got step-1; --seeds 5 repeats"],
      [["step-1", "--seeds", "3"], "needs a run made by train"],
      [["step-1", "last", "--seeds", "3"], "--seeds 3 repeats one run, got step-1, last"],
      [["step-1", "--seeds", "1"], "It needs a whole number from 2 on."],
      [
        ["step-1", "--revision", "main"],
        "phase takes --revisions and --steps in place of --revision",
      ],
      [["broken"], "broken/log.jsonl has no JSON object in line 1"],
      [["step-1", "--steps", "x"], "It needs a whole number from 0 on."],
    ];
    for (const [args, message] of refused) {
      const { code, stderr } = await cli(folder, ["phase", ...args, "--out", "a.json"]);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
    expect(existsSync(join(folder, "a.json"))).toBe(false);
    expect(
      pathsIn(folder)
        .filter((path) => path.endsWith(".json"))
        .every((path) => path.endsWith("config.json")),
    ).toBe(true);
  });
});

/** Half height of the logistic a + b / (1 + e^-z) that fits best by least squares, over a grid of places and widths. */
function logisticMidpoint(steps: readonly number[], values: readonly number[]): number {
  const x = steps.map((step) => Math.log10(step || steps[1]! / 2));
  const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b) / numbers.length;
  let best = { squares: Infinity, centre: 0 };
  for (let centre = 2; centre < 3; centre += 0.001) {
    for (let width = 0.02; width < 1; width *= 1.1) {
      const shape = x.map((at) => 1 / (1 + Math.exp((-2 * Math.log(9) * (at - centre)) / width)));
      const [middle, level] = [mean(shape), mean(values)];
      const squares = (of: (index: number) => number) =>
        shape.reduce((sum, _, index) => sum + of(index), 0);
      const height =
        squares((index) => (shape[index]! - middle) * (values[index]! - level)) /
        squares((index) => (shape[index]! - middle) ** 2);
      const rest = squares(
        (index) => (values[index]! - level - height * (shape[index]! - middle)) ** 2,
      );
      if (rest < best.squares) best = { squares: rest, centre };
    }
  }
  return 10 ** best.centre;
}

describe("induction-lens phase on the zoo", () => {
  test("has the change of attn-2l where a logistic fit has the midpoint of its head's score", async () => {
    const { stdout } = await cli(emptyFolder(), ["phase", "zoo:attn-2l", "--json", "--quiet"]);
    const { steps, curves, change, pair } = phaseResult.parse(JSON.parse(stdout));
    const { layer, head } = pair!.induction;
    const midpoint = logisticMidpoint(steps, curves.induction[layer]![head]!);
    expect(Math.abs(Math.log10(change!.step / midpoint))).toBeLessThan(0.01);
    expect(pair!.previous!.layer).toBe(0);
  });
});
