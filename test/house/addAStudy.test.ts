/**
 * @file The recipe "To add a study" of CONTRIBUTING.md, followed once: a study that the house does not know (the folder
 * selfAttention beside this file) goes through the command line, the page of several Results and the schema.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { loadCommands } from "../../src/cli/commands.ts";
import type { Invocation } from "../../src/cli/messages.ts";
import { buildProgram, carryOut } from "../../src/cli/program.ts";
import { drawnInNode } from "../../src/draw/drawnInNode.ts";
import type { Progress } from "../../src/base/progress.ts";
import { STUDIES } from "../../src/studies/registry.ts";
import { reportPage } from "../../src/studies/reportPage.ts";
import { emptyFolder } from "../cli/cli.ts";
import { command, selfAttention } from "./selfAttention/command.ts";
import { selfAttentionResult } from "./selfAttention/result.ts";

const STUDIES_AND_IT = { ...STUDIES, "self-attention": selfAttention };

/** The command as a user types it, in this process. */
async function typed(
  args: readonly string[],
  { signal, progress }: { readonly signal?: AbortSignal; readonly progress?: Progress } = {},
): Promise<{ readonly stdout: string; readonly stderr: string; readonly error: unknown }> {
  const commands = [...(await loadCommands()), command];
  const output = { stdout: "", stderr: "" };
  const stderr = new PassThrough().setEncoding("utf8");
  stderr.on("data", (text: string) => (output.stderr += text));
  const stdout = {
    isTTY: false,
    write: (text: unknown) => Boolean((output.stdout += String(text))),
  };
  const surroundings = {
    ...{ stdout, stderr: stderr as unknown as NodeJS.WriteStream },
    signal: signal ?? new AbortController().signal,
    ...(progress && { progress }),
  };
  const act = (invocation: Invocation) =>
    carryOut(commands, structuredClone(invocation), surroundings);
  const error: unknown = await buildProgram(commands, act)
    .parseAsync(["self-attention", "planted:induction", ...args], { from: "user" })
    .then(() => null)
    .catch((thrown: unknown) => thrown);
  return { ...output, error };
}

let folder: string;
let before: string;
beforeEach(() => {
  folder = emptyFolder();
  before = process.cwd();
  process.chdir(folder);
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
});
afterEach(() => {
  process.chdir(before);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const QUICK = ["--num-examples", "10", "--threads", "1"];

describe("a study of one folder and one line", () => {
  test("has a command: text, JSON of its schema, its own picture, and files of every format", async () => {
    const plain = await typed(QUICK);
    expect(plain.error).toBeNull();
    expect(plain.stdout).toContain("Attention to itself: planted:induction");
    expect(plain.stderr).toBe("wrote output/self_attention.png\n");
    const files = ["a.json", "a.csv", "a.html", "a.svg"];
    const run = await typed([...QUICK, "--json", ...files.flatMap((file) => ["--out", file])]);
    const result = selfAttentionResult.parse(JSON.parse(run.stdout));
    expect(result.weights.map((row) => row.length)).toEqual([4, 4]);
    expect(readFileSync("a.json", "utf8")).toBe(run.stdout);
    for (const file of files) expect(existsSync(file)).toBe(true);
  });

  test("has help, and refuses what its flags do not allow", async () => {
    const commands = [...(await loadCommands()), command];
    const program = buildProgram(commands, () => Promise.resolve());
    expect(program.helpInformation()).toContain("how much each head looks at the token");
    const { error } = await typed(["--bos", "maybe"]);
    expect(error).toMatchObject({ code: "commander.invalidArgument" });
  });

  test("has a section on the page of several Results, and none where the registry lacks it", async () => {
    const { stdout } = await typed([...QUICK, "--json"]);
    const entry = { name: "self.json", result: JSON.parse(stdout) as unknown };
    const page = await reportPage("Both", [entry], drawnInNode, STUDIES_AND_IT);
    expect(page).toContain("<h2>Attention to itself: planted:induction</h2>");
    expect(page).toContain("Every head");
    await expect(reportPage("One", [entry], drawnInNode)).rejects.toThrow(
      "self.json has the schema induction-lens/self-attention@1",
    );
  });

  test("has a JSON schema", async () => {
    const { study } = await STUDIES_AND_IT["self-attention"]();
    expect(z.toJSONSchema(study.result).properties).toMatchObject({
      schema: { const: "induction-lens/self-attention@1" },
    });
  });
});

describe("the frame of all studies", () => {
  /** Stops after the first step, late enough for the step to be kept. */
  async function stopped(args: readonly string[]): Promise<string> {
    const now = performance.now.bind(performance);
    let calls = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now() + 10_000 * calls++);
    const stop = new AbortController();
    const progress = () => stop.abort("stopped");
    const run = await typed(args, { signal: stop.signal, progress });
    vi.restoreAllMocks();
    expect(run.error).toMatchObject({ name: "AbortError" });
    return run.stderr;
  }

  test("goes on with a stopped study, and then leaves nothing of it", async () => {
    expect(await stopped([...QUICK, "--json"])).toContain("the same command resumes from");
    const again = await typed([...QUICK, "--json"]);
    expect(again.stderr).toContain("resuming: 1 step of");
    expect(readdirSync(join(folder, "cache/induction-lens/resume"))).toEqual([]);
    const whole = await typed([...QUICK, "--json"]);
    const weightsIn = (text: string) => selfAttentionResult.parse(JSON.parse(text)).weights;
    expect(weightsIn(again.stdout)).toEqual(weightsIn(whole.stdout));
  });

  test.each([
    ["another thread count", ["--num-examples", "10", "--threads", "2"]],
    ["another engine", ["--num-examples", "10", "--device", "wasm"]],
    ["other options", ["--num-examples", "11", "--threads", "1"]],
  ])("does not go on under %s", async (_, args) => {
    await stopped([...QUICK, "--json"]);
    const { stderr, error } = await typed([...args, "--json"]);
    expect(error).toBeNull();
    expect(stderr).not.toContain("resuming:");
  });

  test("keeps nothing with --no-cache, and says nothing with --quiet", async () => {
    expect(await stopped([...QUICK, "--json", "--no-cache"])).toBe("");
    expect(existsSync(join(folder, "cache/induction-lens/resume"))).toBe(false);
    expect(await stopped([...QUICK, "--json", "--quiet"])).toBe("");
    expect(await typed([...QUICK, "--quiet"])).toMatchObject({ stderr: "", error: null });
  });

  test("prints first, writes what can be written, and names at the end what cannot", async () => {
    const files = ["a.csv", "a.csv/b.json", "c.json"];
    const { stdout, stderr, error } = await typed([
      ...QUICK,
      ...files.flatMap((file) => ["--out", file]),
    ]);
    expect(stdout).toContain("Attention to itself");
    expect(stderr).toBe("wrote a.csv\nwrote c.json\n");
    expect(error).toMatchObject({ name: "InputError", code: "output" });
    expect(String(error)).toContain("a.csv/b.json");
    expect([existsSync("a.csv"), existsSync("c.json")]).toEqual([true, true]);
  });

  test("warns of a default picture that cannot be written, and draws none with --json", async () => {
    expect((await typed([...QUICK, "--json"])).error).toBeNull();
    expect(existsSync("output")).toBe(false);
    writeFileSync("output", "a file");
    const { stdout, stderr, error } = await typed(QUICK);
    expect([error, stderr]).toEqual([
      null,
      expect.stringMatching(/^warning: output output\/self_attention\.png /),
    ]);
    expect(stdout).toContain("Attention to itself");
  });

  test("looks at all files before it opens a model", async () => {
    mkdirSync("folder.csv");
    for (const file of ["a.txt", "folder.csv"]) {
      const { stderr, stdout, error } = await typed(["--out", "a.csv", "--out", file]);
      expect([stdout, stderr]).toEqual(["", ""]);
      expect(String(error)).toContain(file);
    }
    expect(existsSync("cache")).toBe(false);
  });
});
