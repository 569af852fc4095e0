/** @file `train` as a user runs it: what it leaves, how it is stopped, and that it goes on as if it had not been. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { cli, emptyFolder, MAIN, pathsIn, started } from "./cli.ts";

const SMALL = "train run --width 16 --heads 2 --context 16 --batch 4 --warm-up 5".split(" ");
const RUN = [...SMALL, "--vocabulary", "16"];

function read(folder: string, ...path: string[]): Buffer {
  return readFileSync(join(folder, "run", ...path));
}

function log(folder: string): Record<string, unknown>[] {
  const lines = read(folder, "log.jsonl").toString().trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What a run must have in common with an undisturbed one. */
function outcome(folder: string, step: string) {
  return {
    weights: read(folder, "checkpoints", step, "model.safetensors").toString("hex"),
    state: read(folder, "state.safetensors").toString("hex"),
    log: log(folder),
    paths: pathsIn(join(folder, "run")),
  };
}

describe("train", () => {
  test("leaves recipe, log, checkpoints that open as models, and a state", async () => {
    const folder = emptyFolder();
    const run = await cli(folder, [
      ...RUN,
      "--steps",
      "30",
      "--checkpoints",
      "0,10,30",
      "--log-every",
      "20",
    ]);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/trained to step 30 .*\n.*induction head: \d\.\d \(/);
    expect(run.stdout).toContain("next: induction-lens phase run (");
    expect(run.stderr).toContain("step 30 of 30 | loss");
    expect(readdirSync(join(folder, "run")).sort()).toEqual(
      ["checkpoints", "log.jsonl", "recipe.json", "state.safetensors"].sort(),
    );
    expect(log(folder).map(({ step }) => step)).toEqual([0, 10, 20, 30]);
    expect(log(folder)[3]).toMatchObject({
      tokens: 30 * 4 * 16,
      best: { induction: { layer: expect.any(Number), score: expect.any(Number) } },
    });
    const scored = await cli(folder, ["score", "run/checkpoints/step-000030", "--json", "--quiet"]);
    const { scores } = JSON.parse(scored.stdout) as { scores: { induction: number[][] } };
    expect(scores.induction.map((heads) => heads.length)).toEqual([2, 2]);
  });

  test("makes the same run from its recipe.json", async () => {
    const folder = emptyFolder();
    await cli(folder, [
      ...RUN,
      "--steps",
      "12",
      "--seed",
      "3",
      "--positions",
      "shortformer",
      "--mlp",
      "8",
    ]);
    const again = await cli(folder, ["train", "again", "--recipe", "run/recipe.json"]);
    expect(again.code).toBe(0);
    for (const file of ["recipe.json", "log.jsonl", "state.safetensors"])
      expect(readFileSync(join(folder, "again", file))).toEqual(read(folder, file));
  });

  test("saves at Ctrl-C, ends with 130, and goes on where it was", async () => {
    const folder = emptyFolder();
    const steps = ["--steps", "100000", "--checkpoints", "0"];
    const running = started(folder, [...RUN, ...steps]);
    await running.printed("step ");
    await new Promise((resolve) => setTimeout(resolve, 500));
    running.child.kill("SIGINT");
    const { code, stderr, stdout } = await running.end;
    expect([code, stdout]).toEqual([130, ""]);
    const step = Number(
      /stopped after step (\d+) and saved; resume with --resume/.exec(stderr)![1],
    );
    expect(step).toBeGreaterThan(0);
    const further = started(folder, ["train", "run", "--resume"]);
    await further.printed(`step ${step} of 100000`);
    further.child.kill("SIGINT");
    expect((await further.end).code).toBe(130);
  });

  test(
    "saves the last finished step at Ctrl-C in the middle of one that takes seconds, and ends in two",
    { tags: ["slow"] },
    async () => {
      const folder = emptyFolder();
      const model = "--width 384 --heads 4 --context 64 --mlp 1536 --layers 3 --batch 64".split(
        " ",
      );
      const often = ["--steps", "1000", "--threads", "1", "--checkpoints", "0", "--log-every", "1"];
      const running = started(folder, ["train", "run", ...model, ...often]);
      const state = join(folder, "run/state.safetensors");
      const stepOf = () =>
        Number(/"step":"(\d+)"/.exec(readFileSync(state).toString("latin1"))?.[1]);
      const lines = join(folder, "run/log.jsonl");
      while (!existsSync(lines) || !readFileSync(lines, "utf8").includes('{"step":1,')) {
        expect(running.child.exitCode).toBe(null);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await new Promise((resolve) => setTimeout(resolve, 300)); // the next step is under way
      running.child.kill("SIGINT");
      const began = performance.now();
      const { code, stderr } = await running.end;
      expect(performance.now() - began).toBeLessThan(2000);
      expect(code).toBe(130);
      const message =
        /stopped, step (\d+) is saved; resume with --resume|stopped after step (\d+) and saved/;
      const [, killed, lastStep] = message.exec(stderr)!;
      expect(stepOf()).toBeGreaterThanOrEqual(Number(killed ?? lastStep));
      const finished = Number(log(folder).at(-1)!["step"]); // or just being saved when the command was ended
      expect(finished - stepOf()).toBeLessThanOrEqual(1);
      expect(stepOf()).toBeGreaterThanOrEqual(1);
      const further = started(folder, ["train", "run", "--resume"]);
      await further.printed(`step ${stepOf()} of 1000`);
      further.child.kill("SIGINT");
      await further.end;
    },
  );

  test("says nothing on standard error with --quiet, not even that another engine goes on", async () => {
    const folder = emptyFolder();
    await cli(folder, [...RUN, "--steps", "30", "--checkpoints", "2", "--threads", "1"]);
    const resume = ["train", "run", "--resume", "--threads", "2"];
    expect((await cli(folder, resume)).stderr).toMatch(/^note: .* resumes it: not bit for bit\n/);
    expect(await cli(folder, [...resume, "--quiet"])).toMatchObject({ code: 0, stderr: "" });
  });

  test(
    "killed 10 times anywhere, ends with the weights, log and state of an undisturbed run",
    { tags: ["slow"] },
    async () => {
      const args = [...RUN, "--steps", "1500", "--log-every", "100", "--quiet"];
      const often = [
        "--checkpoints",
        Array.from({ length: 76 }, (_, index) => 20 * index).join(","),
      ];
      const [undisturbed, disturbed] = [emptyFolder(), emptyFolder()];
      expect((await cli(undisturbed, [...args, ...often])).code).toBe(0);
      const draw = random(20);
      let kills = 0;
      for (; kills < 10; kills++) {
        const resume = kills === 0 ? [...args, ...often] : ["train", "run", "--resume", "--quiet"];
        const child = spawn(process.execPath, [MAIN, ...resume], {
          ...{ cwd: disturbed, stdio: "ignore", detached: true }, // a group of its own, with the process that works
        });
        const exit = new Promise((resolve) => child.on("exit", (_, signal) => resolve(signal)));
        const state = join(disturbed, "run/state.safetensors");
        while (!existsSync(state)) await new Promise((resolve) => setTimeout(resolve, 20));
        await new Promise((resolve) => setTimeout(resolve, 400 + 300 * draw.uniform()));
        if (child.exitCode !== null) {
          expect(child.exitCode).toBe(0); // a fast machine ends the run before the tenth kill
          break;
        }
        process.kill(-child.pid!, "SIGKILL");
        await exit;
      }
      expect(kills).toBeGreaterThan(5);
      const end = await cli(disturbed, ["train", "run", "--resume", "--quiet"]);
      expect(end).toMatchObject({ code: 0, stderr: "" });
      expect(outcome(disturbed, "step-001500")).toEqual(outcome(undisturbed, "step-001500"));
    },
  );
});

describe("train refuses, with exit code 2 and nothing left behind,", () => {
  test.each([
    ["--heads 3", "dModel 16 must be a multiple of heads 3"],
    ["--learning-rate fast", "argument 'fast' is invalid. It needs a number."],
    ["--positions absolute", "Allowed choices are learned, shortformer, rotary"],
    ["--positions alibi --family llama", "positions alibi needs the family transformer_lens"],
    ["--text missing.txt", "cannot read the text missing.txt"],
    [
      "--text short.txt",
      "a window has 16 + 1 characters (--context), the training part of short.txt has 14",
    ],
    ["--data periodic --text short.txt", "--text cannot be combined with --data periodic"],
    ["--data text", "--data text needs --text FILE"],
    ["--data bigram --max-period 4", "data of kind bigram has no --max-period"],
    ["--recipe short.txt", "the recipe short.txt cannot be read"],
    ["--resume", "--resume needs a run, run has no recipe.json"],
    ["--kv-heads 1", "kvHeads needs the family llama"],
    ["--text empty.txt", "the text empty.txt is empty"],
    ["--seed 4294967296", "It needs a whole number from -2147483648 to 2147483647."],
    ["--recipe keys.json", "the recipe cannot be used: it has tokens, which is not known"],
  ])("%s", async (options, words) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "short.txt"), "to be or not, I.");
    writeFileSync(join(folder, "empty.txt"), "");
    writeFileSync(join(folder, "keys.json"), '{"tokens": 3}');
    const { code, stderr } = await cli(folder, [...SMALL, ...options.split(" ")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(pathsIn(folder)).toEqual(["empty.txt", "keys.json", "short.txt"]);
  });

  test("a file in place of its folder", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "run"), "");
    const { code, stderr } = await cli(folder, SMALL);
    expect([code, stderr]).toEqual([2, expect.stringContaining("run is a file, and not a folder")]);
  });

  test("a folder in which another process trains; one whose process has ended is taken over", async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "run"));
    const lock = join(folder, "run", ".lock");
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname() }));
    const refused = await cli(folder, SMALL);
    expect(refused.stderr).toContain(`process ${process.pid} of ${hostname()} trains in run`);
    expect([refused.code, pathsIn(folder)]).toEqual([2, ["run", "run/.lock"]]);
    writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() })); // above any pid
    writeFileSync(`${lock}.00000000.draft`, ""); // of one that was killed while it asked for the folder
    expect(await cli(folder, SMALL)).toMatchObject({ code: 0 });
    expect(pathsIn(folder).filter((path) => path.includes(".lock"))).toEqual([]);
  });

  test("a folder that has a run, and to resume with another recipe: differences are listed", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "a.txt"), "abcdefgh".repeat(40));
    const text = ["--text", "a.txt", "--context", "8", "--steps", "3", "--width", "16"];
    expect((await cli(folder, ["train", "run", ...text])).code).toBe(0);
    const before = outcome(folder, "step-000003");
    const again = await cli(folder, ["train", "run", ...text]);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("has a run already") });
    const other = await cli(folder, ["train", "run", "--resume", "--seed", "1", "--clip", "none"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(
      "can be resumed with that one only: optimiser.clip: 1, now null; seed: 0, now 1",
    );
    writeFileSync(join(folder, "a.txt"), "abcdefgi".repeat(40));
    const changed = await cli(folder, ["train", "run", "--resume"]);
    expect(changed).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the character table has no "i"'),
    });
    expect(outcome(folder, "step-000003")).toEqual(before);
  });

  test("a learning rate that blows up: says where, ends with 3, keeps the last good checkpoint", async () => {
    const folder = emptyFolder();
    const rate = ["--learning-rate", "1e30", "--warm-up", "0", "--steps", "50"];
    const { code, stderr } = await cli(folder, [...RUN, ...rate]);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /unable: training blew up at step \d+: .* is (NaN|Infinity|not finite) .*; the last good checkpoint is run.checkpoints.step-00000\d/,
    );
    const checkpoint = /checkpoint is (\S+)/.exec(stderr)![1]!;
    expect((await cli(folder, ["score", checkpoint, "--quiet"])).code).toBe(0);
  });

  test.skipIf(process.platform === "win32")(
    "a disk that is full: says so, leaves no part, and goes on once there is room",
    async () => {
      const folder = emptyFolder();
      const steps = ["--steps", "5", "--checkpoints", "0,5"];
      const limited = `ulimit -f 16; exec "$0" "$@"`;
      const run = () =>
        execFileSync("bash", ["-c", limited, process.execPath, MAIN, ...RUN, ...steps], {
          cwd: folder,
          stdio: "pipe",
        });
      expect(run).toThrow(/output .* could not be written: EFBIG/);
      expect(pathsIn(folder).filter((path) => path.endsWith(".tmp"))).toEqual([]);
      expect((await cli(folder, ["train", "run", "--resume"])).code).toBe(0);
      expect(log(folder).map(({ step }) => step)).toEqual([0, 5]);
    },
  );
});
