/** @file The tools as a client sees them: the SDK's own client, over the pipes of the built command. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { STUDIES } from "../../../src/studies/registry.ts";
import { cli, emptyFolder, MAIN } from "../cli.ts";

const ZOO = join(import.meta.dirname, "../../../zoo");
const LASTING = 120_000;

interface ToolWords {
  readonly text: string;
  readonly isError: boolean;
  readonly result: Record<string, unknown> | undefined;
}

/** A client of a server that may read `folders`. */
async function connected(folders: readonly string[], ...flags: string[]) {
  const home = emptyFolder();
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, "mcp", ...folders, "--quiet", ...flags],
    env: { HOME: home, XDG_CACHE_HOME: join(home, ".cache") },
    cwd: home,
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const call = async (name: string, values: object, options = {}): Promise<ToolWords> => {
    const request = { name, arguments: { ...values } };
    const reply = await client.callTool(request, undefined, { timeout: LASTING, ...options });
    const [first] = reply.content as { text: string }[];
    const result = reply.structuredContent as ToolWords["result"];
    return { text: first!.text, isError: reply.isError === true, result };
  };
  return { client, call, pid: transport.pid! };
}

/** A folder with the zoo's smallest model in it, under `name`. */
function folderWithModel(name = "model"): string {
  const folder = emptyFolder();
  cpSync(join(ZOO, "attn-2l/checkpoints/step-001500"), join(folder, name), { recursive: true });
  return folder;
}

/** The process below `pid` that computes. */
function enginesOf(pid: number): number[] {
  const lines = execFileSync("ps", ["-eo", "pid,ppid,args"], { encoding: "utf8" }).split("\n");
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const below = (parent: number): string[][] =>
    rows
      .filter(([, of]) => Number(of) === parent)
      .flatMap((row) => [row, ...below(Number(row[0]))]);
  return below(pid)
    .filter((row) => row.join(" ").includes("mcp/engine"))
    .map(([id]) => Number(id));
}

/** One that has ended may stay in the table until somebody asks for it. */
function isAlive(pid: number): boolean {
  try {
    const state = execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
    return !state.startsWith("Z");
  } catch {
    return false;
  }
}

describe("mcp (runs the built package)", () => {
  test("offers the studies as tools, with JSON Schemas of what they take and give", async () => {
    const { client } = await connected([emptyFolder()]);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      "score",
      "verdict",
      "behaviours",
      "patch",
      "ablate",
      "attention",
      "text",
      "compare",
    ]);
    for (const { inputSchema, outputSchema, annotations } of tools) {
      expect(outputSchema).toMatchObject({ type: "object" });
      expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(annotations).toMatchObject({ readOnlyHint: true });
      const names = Object.keys(inputSchema.properties!);
      for (const hidden of ["out", "json", "quiet", "device", "threads", "memory", "revision"])
        expect(names).not.toContain(hidden);
    }
    const [, verdict] = tools;
    expect(verdict!.inputSchema).toMatchObject({
      required: ["model"],
      properties: { quick: { type: "boolean" }, numExamples: { type: ["number", "string"] } },
    });
    expect(client.getInstructions()).toContain("score");
  });

  test(
    "gives the same numbers as the command, in its schema, with its text",
    async () => {
      const { call } = await connected([emptyFolder()]);
      const { result, text, isError } = await call("score", {
        model: "zoo:attn-2l",
        numExamples: 10,
        seed: 3,
      });
      expect(isError).toBe(false);
      expect(text).toContain("Head 1.0 attends like an induction head");
      const folder = emptyFolder();
      const typed = await cli(folder, [
        "score",
        "zoo:attn-2l",
        "--num-examples",
        "10",
        "--seed",
        "3",
        "--json",
      ]);
      const { timings: _, ...same } = JSON.parse(typed.stdout) as Record<string, unknown>;
      expect(result).toMatchObject(same);
      const { study } = await STUDIES.score();
      expect(() => study.result.parse(result)).not.toThrow();
    },
    LASTING,
  );

  test(
    "runs every tool on a model in the folders, named relative to them",
    async () => {
      const folder = folderWithModel();
      writeFileSync(join(folder, "words.txt"), "one two three one two three");
      const { call } = await connected([emptyFolder(), folder]);
      const options = { model: "model", numExamples: 4 };
      const calls = [
        ["score", { ...options }, "score"],
        ["verdict", { model: "model", quick: true }, "verdict"],
        ["behaviours", { ...options, only: ["firstCopy"] }, "behaviours"],
        ["patch", { ...options, heads: ["1.0", "1.1"] }, "patch"],
        ["patch", { ...options, route: "k", into: "1.0" }, "path"],
        ["patch", { ...options, attribution: true }, "attribution"],
        [
          "ablate",
          { ...options, set: [["1.0", "1.1"], "0.1"], curve: true, randomSets: 2 },
          "ablate",
        ],
        ["attention", { model: "model", heads: "1.0", seqLen: 20 }, "attention"],
        ["compare", { first: "model", other: ["zoo:attn-2l"], numExamples: 4 }, "compare"],
      ] as const;
      for (const [name, values, study] of calls) {
        const { text, isError, result } = await call(name, values);
        expect({ name, text, isError }).toEqual({ name, text, isError: false });
        expect(result!["schema"]).toBe(`induction-lens/${study}@1`);
        expect(text).not.toBe("");
      }
    },
    LASTING,
  );

  test(
    "gives what it measures of several stacks in the schemas that it lists, which clients check",
    async () => {
      const { call, client } = await connected([emptyFolder()]);
      await client.listTools(); // from here on the client checks
      const options = { model: "planted:t5", numExamples: 4, seqLen: 12 };
      for (const tool of ["score", "ablate"]) {
        const { text, isError, result } = await call(tool, options);
        expect({ text, isError }).toEqual({ text, isError: false });
        expect(result!["schema"]).toBe(`induction-lens/${tool}-stacks@1`);
      }
    },
    LASTING,
  );

  test(
    "says in a sentence what is wrong with a call, and serves the next",
    async () => {
      const { call, client } = await connected([emptyFolder()]);
      const model = "zoo:attn-2l";
      const faults = [
        [
          "score",
          { model, numExample: 3 },
          "score takes no numExample (did you mean numExamples?)",
        ],
        ["score", { model, numExamples: 0 }, "whole number from 1 on"],
        ["score", { model, numExamples: [1] }, "numExamples of score needs a number, got [1]"],
        ["verdict", {}, "missing required argument 'model'"],
        ["verdict", { model, quick: "yes" }, "quick of verdict needs true or false"],
        ["patch", { model, unit: "--out=x" }, "Allowed choices are"],
        ["text", { model, text: "--help" }, "text"],
        ["score", { model: "zoo:atn-2l" }, "attn-2l"],
        ["score", { model: "planted:nothing" }, "planted"],
        ["nothing", {}, "there is no tool nothing; there are score"],
      ] as const;
      for (const [name, values, sentence] of faults) {
        const { text, isError } = await call(name, values);
        expect({ sentence, isError, text }).toEqual({
          sentence,
          isError: true,
          text: expect.stringContaining(sentence),
        });
        expect(text).not.toMatch(/internal|\n.* at /);
      }
      expect((await client.listTools()).tools).toHaveLength(8);
    },
    LASTING,
  );

  test(
    "reads nothing outside of its folders: by .., absolute, by links, nor from the hub",
    async () => {
      const [outside, folder] = [folderWithModel("secret"), folderWithModel()];
      symlinkSync(join(outside, "secret"), join(folder, "link"));
      mkdirSync(join(folder, "half"));
      cpSync(join(folder, "model/config.json"), join(folder, "half/config.json"));
      symlinkSync(
        join(outside, "secret/model.safetensors"),
        join(folder, "half/model.safetensors"),
      );
      writeFileSync(join(outside, "rows.json"), '{"tokens": [[1, 2, 3, 1, 2, 3]]}');
      symlinkSync(join(outside, "rows.json"), join(folder, "rows.json"));
      symlinkSync(join(folder, "model"), join(folder, "inner"));
      const { call } = await connected([folder]);
      const up = `${folder}/../${outside.split("/").pop()!}/secret`;
      for (const model of [
        "link",
        "half",
        up,
        join(outside, "secret"),
        "../..",
        "/etc",
        "gpt2",
        "a/b",
        "~",
        "zoo:../../x",
        "",
      ]) {
        const { text, isError } = await call("score", { model, numExamples: 2 });
        expect({ model, isError }).toEqual({ model, isError: true });
        expect(text).toMatch(/in the folders allowed here|leads out of the folders|zoo/);
      }
      for (const tokens of ["rows.json", join(outside, "rows.json"), "/etc/passwd"])
        expect(await call("score", { model: "model", tokens })).toMatchObject({
          isError: true,
          text: `error: there is no ${tokens} in the folders allowed here`,
        });
      expect(
        await call("compare", { first: "model", other: [join(outside, "secret")] }),
      ).toMatchObject({ isError: true });
      expect(await call("score", { model: "inner", numExamples: 2 })).toMatchObject({
        isError: false,
      });
      expect(
        await call("score", { model: join(realpathSync(folder), "model"), numExamples: 2 }),
      ).toMatchObject({ isError: false });
    },
    LASTING,
  );

  test(
    "looks for hub models where --hub allows them, and never by a path",
    async () => {
      const { call, client } = await connected([emptyFolder()], "--hub", "--offline");
      const { text } = await call("score", { model: "somebody/model" });
      expect(text).toMatch(/hub|cache|offline/);
      expect((await call("score", { model: "../model" })).text).toContain("folders allowed here");
      const { tools } = await client.listTools();
      expect(Object.keys(tools[0]!.inputSchema.properties!)).toContain("revision");
    },
    LASTING,
  );

  test(
    "tells progress that only grows, and computes calls in turn",
    async () => {
      const { call } = await connected([emptyFolder()]);
      const events: { progress: number; message?: string }[] = [];
      const onprogress = (event: { progress: number; message?: string }) => void events.push(event);
      const [first, second] = await Promise.all([
        call("verdict", { model: "zoo:attn-2l", quick: true }, { onprogress }),
        call("score", { model: "planted:induction", numExamples: 2 }),
      ]);
      expect([first.isError, second.isError]).toEqual([false, false]);
      expect(events.length).toBeGreaterThan(3);
      const values = events.map(({ progress }) => progress);
      expect(values).toEqual([...new Set(values)].sort((a, other) => a - other));
      expect(events[0]!.message).toMatch(/: \d+ of \d+$/);
    },
    LASTING,
  );

  test(
    "stops a call that is cancelled, and serves the next",
    async () => {
      const { call } = await connected([emptyFolder()]);
      const stop = new AbortController();
      const long = call(
        "score",
        { model: "zoo:attn-2l", numExamples: 1_000_000 },
        { signal: stop.signal, onprogress: () => stop.abort("enough") },
      );
      await expect(long).rejects.toThrow(/enough/);
      const { isError } = await call(
        "score",
        { model: "zoo:attn-2l", numExamples: 2 },
        { timeout: 30_000 },
      );
      expect(isError).toBe(false);
    },
    LASTING,
  );

  test(
    "survives the death of its engine with a sentence",
    async () => {
      const { call, pid } = await connected([emptyFolder()]);
      const values = { model: "zoo:attn-2l", numExamples: 1_000_000 };
      const killed = () => enginesOf(pid).forEach((engine) => process.kill(engine, "SIGKILL"));
      const { text, isError } = await call("score", values, { onprogress: killed });
      expect({ text, isError }).toEqual({
        text: "unable: the engine was killed, as systems do when memory runs out",
        isError: true,
      });
      expect(await call("score", { ...values, numExamples: 2 })).toMatchObject({ isError: false });
    },
    LASTING,
  );

  test(
    "answers with text alone on --text-only",
    async () => {
      const { call, client } = await connected([emptyFolder()], "--text-only");
      const { tools } = await client.listTools();
      expect(tools.every(({ outputSchema }) => outputSchema === undefined)).toBe(true);
      const { result, text } = await call("score", { model: "zoo:attn-2l", numExamples: 2 });
      expect(result).toBeUndefined();
      expect(text).toContain("1.0");
    },
    LASTING,
  );

  test(
    "ends when its client does, and leaves no process behind",
    async () => {
      const { call, client, pid } = await connected([emptyFolder()]);
      await call("score", { model: "zoo:attn-2l", numExamples: 2 });
      const engines = enginesOf(pid);
      expect(engines).toHaveLength(1);
      await client.close();
      await expect
        .poll(() => [pid, ...engines].filter(isAlive), { timeout: 30_000, interval: 100 })
        .toEqual([]);
    },
    LASTING,
  );

  test("refuses a folder that is not there, with exit code 2", async () => {
    const { code, stderr, stdout } = await cli(emptyFolder(), ["mcp", "./nowhere"]);
    expect({ code, stderr, stdout }).toEqual({
      code: 2,
      stderr: "error: there is no folder ./nowhere\n",
      stdout: "",
    });
  });
});

test("the skill names tools and commands that there are", async () => {
  const page = readFileSync(
    join(import.meta.dirname, "../../../docs/skills/induction-lens/SKILL.md"),
    "utf8",
  );
  const [, head] = /^---\n(.*?)\n---\n/s.exec(page)!;
  const { parse } = await import("yaml");
  const { name, description } = parse(head!) as { name: string; description: string };
  expect(name).toBe("induction-lens");
  expect(description.length).toBeLessThan(1024);
  const { stdout } = await cli(emptyFolder(), ["--help"]);
  for (const [, command] of page.matchAll(/npx induction-lens ([a-z-]+)/g))
    expect(stdout).toMatch(new RegExp(`^  ${command!} `, "m"));
});
