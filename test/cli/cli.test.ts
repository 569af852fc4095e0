/** @file What the command line promises: names of options, what goes where, and the same bytes for the same seed. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { VERSION } from "../../src/base/version.ts";
import { loadCommands } from "../../src/cli/commands.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { scoreResult, type ScoreResult } from "../../src/studies/score/result.ts";
import { lasting } from "../lasting.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { cli, emptyFolder, pathsIn, started } from "./cli.ts";

const PICTURE = "output/induction_scores.png";
const PNG = Buffer.from("89504e470d0a1a0a", "hex");

describe("score", () => {
  test("finds an induction head of the zoo's model, and draws the picture where seed 0 says", async () => {
    const folder = emptyFolder();
    const { code, stdout, stderr } = await cli(folder, ["score"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`wrote ${PICTURE}\n`)]);
    expect(stdout).toContain("Head 1.0 attends like an induction head");
    expect(pathsIn(folder)).toEqual(["output", PICTURE]);
    expect(readFileSync(join(folder, PICTURE)).subarray(0, 8)).toEqual(PNG);
  });

  test("takes the option names of seed 0", async () => {
    const folder = emptyFolder();
    await writeCheckpoint(folder, "model");
    const old = ["--model_name", "model", "--num_examples", "12", "--seq_len=20"];
    const names = ["--num-examples", "12", "--seq-len", "20"];
    expect(await cli(folder, [...old, "--output_path", "old.json"])).toMatchObject({ code: 0 });
    expect(await cli(folder, ["score", ...old, "--output_path=same.json"])).toMatchObject({
      code: 0,
    });
    await cli(folder, ["score", "model", ...names, "--out", "new.json"]);
    const read = (file: string) =>
      lasting(JSON.parse(readFileSync(join(folder, file), "utf8")) as ScoreResult);
    expect(read("old.json")).toBe(read("new.json"));
    expect(read("same.json")).toBe(read("new.json"));
  });

  test("writes what --out asks for, and only that", async () => {
    const folder = emptyFolder();
    const files = ["a.csv", "b/c.html", "b/d.svg", "e.json", "f.png"];
    const args = files.flatMap((file) => ["--out", file]);
    expect(await cli(folder, ["score", "--num-examples", "10", ...args])).toMatchObject({
      code: 0,
    });
    expect(pathsIn(folder)).toEqual([...files, "b"].sort());
    expect(readFileSync(join(folder, "f.png")).subarray(0, 8)).toEqual(PNG);
    expect(readFileSync(join(folder, "b/d.svg"), "utf8")).toMatch(/^<svg/);
    expect(readFileSync(join(folder, "a.csv"), "utf8")).toMatch(/^layer,head,induction/);
  });

  test("prints with --json the Result, which its schema describes, and nothing else", async () => {
    const folder = emptyFolder();
    const { stdout, stderr } = await cli(folder, ["score", "--json", "--out", "a.json"]);
    const result = scoreResult.parse(JSON.parse(stdout));
    expect(result.top[0]).toMatchObject({ layer: 1, head: 0 });
    expect(readFileSync(join(folder, "a.json"), "utf8")).toBe(stdout);
    expect(stderr).toContain("wrote a.json\n");
  });

  test("gives the same bytes for the same seed whatever the threads, and others for another", async () => {
    const folder = emptyFolder();
    const bytes = async (...args: string[]) => {
      const { stdout } = await cli(folder, ["score", "--json", "--num-examples", "12", ...args]);
      return lasting(JSON.parse(stdout) as ScoreResult);
    };
    const single = await bytes("--threads", "1");
    expect(await bytes("--threads", "2")).toBe(single);
    expect(await bytes("--seed", "1")).not.toBe(single);
  });

  test("says on --quiet nothing but the result", async () => {
    const folder = emptyFolder();
    const { stdout, stderr } = await cli(folder, ["score", "--quiet"]);
    expect(stderr).toBe("");
    expect(stdout).toContain("1.0");
  });

  test.each(["cpu", "wasm"])("writes no colours to what is no terminal: %s", async (device) => {
    const args = ["score", "--num-examples", "10", "--device", device];
    const { code, stdout, stderr } = await cli(emptyFolder(), args, { TERM: "xterm-256color" });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain("\u001b");
    expect(stderr).not.toContain("onnxruntime"); // engines have opinions that are not for users
  });

  test("is quick to end when nobody reads its output any more", async () => {
    const folder = emptyFolder();
    const { child, end } = started(folder, ["score", "--json", "--num-examples", "10"]);
    child.stdout!.destroy();
    const { code, stderr } = await end;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^([a-z]+: .*\n)*$/)]);
  });
});

describe("run", () => {
  test("saves the values that names and globs mean", async () => {
    const folder = emptyFolder();
    await writeCheckpoint(folder, "model");
    writeFileSync(join(folder, "rows.json"), JSON.stringify({ tokens: [[1, 2, 3, 4]] }));
    const capture = ["--capture", "blocks.*.attn.hook_pattern,logits"];
    const args = [
      "run",
      "model",
      "--tokens",
      "rows.json",
      ...capture,
      "--out",
      "a/values.safetensors",
    ];
    expect(await cli(folder, args)).toMatchObject({ code: 0, stdout: "" });
    const bytes = readFileSync(join(folder, "a/values.safetensors"));
    const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString();
    const { __metadata__, ...tensors } = JSON.parse(header) as Record<string, { shape: number[] }>;
    expect(Object.entries(tensors).map(([name, { shape }]) => [name, shape])).toEqual([
      ["blocks.0.attn.hook_pattern", [1, 2, 4, 4]],
      ["blocks.1.attn.hook_pattern", [1, 2, 4, 4]],
      ["logits", [1, 4, 40]],
    ]);
  });
});

describe("help", () => {
  test("names every command, and of each command every option", async () => {
    const folder = emptyFolder();
    const main = await cli(folder, ["--help"]);
    expect(main.code).toBe(0);
    for (const text of ["score", "run", "Exit codes", "130"]) expect(main.stdout).toContain(text);
    const shared = ["--threads", "--device", "--quiet", "--tokens", "--out"];
    const own = {
      score: ["--num-examples", "--seq-len", "--seed", "--bos", "--loss-examples", "--json"],
      run: ["--capture"],
    };
    for (const [command, options] of Object.entries(own)) {
      const { code, stdout } = await cli(folder, [command, "--help"]);
      expect(code).toBe(0);
      for (const option of [...shared, ...options]) expect(stdout).toContain(`${option} `);
    }
    expect(await cli(folder, ["--version"])).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
    expect(pathsIn(folder)).toEqual([]);
  });

  test("loads no package but the one that reads commands, and no command but the one asked for, so that it comes at once", async () => {
    const loadedBy = async (...args: string[]) => {
      const folder = emptyFolder();
      const env = { NODE_V8_COVERAGE: join(folder, "loaded") };
      expect(await cli(folder, args, env)).toMatchObject({ code: 0 });
      const urls = readdirSync(env.NODE_V8_COVERAGE).flatMap((file) => {
        const text = readFileSync(join(env.NODE_V8_COVERAGE, file), "utf8");
        const { result } = JSON.parse(text) as { result: readonly { readonly url: string }[] };
        return result.map(({ url }) => url);
      });
      const matchesOf = (pattern: RegExp) =>
        [...new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? []))].sort();
      return [
        matchesOf(/node_modules\/((?:@[^/]+\/)?[^/]+)/),
        matchesOf(/dist\/(studies\/\w+\/command|cli\/commands\/\w+)\.js$/),
      ];
    };
    expect(await loadedBy("--help")).toEqual([["commander"], []]);
    expect(await loadedBy("score", "--help")).toEqual([["commander"], ["studies/score/command"]]);
    expect(await loadedBy("sweep", "push", "--help")).toEqual([
      ["commander"],
      ["cli/commands/sweep", "cli/commands/sweepPush"],
    ]);
  });

  test("lists of each command what its flags say, though it loads none of them", async () => {
    const program = buildProgram(await loadCommands(), () => Promise.resolve());
    const { stdout } = await cli(emptyFolder(), ["--help"]);
    const list = /^Commands:\n[^]*?(?=\n\n|\n$)/m;
    expect(list.exec(stdout)![0]).toBe(list.exec(program.helpInformation())![0]);
    const typo = await cli(emptyFolder(), ["scroe"]);
    expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining("Did you mean score?")]);
  });
});
