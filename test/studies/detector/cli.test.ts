/** @file The commands audit and score-patterns, from the outside. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { safetensorsBytes } from "../../../src/formats/writeSafetensors.ts";
import { idealHeads } from "../../../src/measure/idealHeads.ts";
import { auditResult } from "../../../src/studies/audit/result.ts";
import { patternsResult } from "../../../src/studies/patterns/result.ts";
import { cli, emptyFolder, pathsIn } from "../../cli/cli.ts";

const TOKENS = { tokens: [[9, 0, 1, 2, 3, 0, 1, 2, 3]], period: 4, bos: true };

/** A folder with attention of ideal heads in layers 0 and 1, and something else, and its tokens. */
function attentionFolder(tokens: unknown = TOKENS): string {
  const folder = emptyFolder();
  const { data } = idealHeads({ start: 1, period: 4, length: 9 });
  const layers = ["decoder.0", "decoder.1"].map((name) => ({ name, shape: [1, 6, 9, 9], data }));
  const other = { name: "hidden", shape: [3], data: new Float32Array(3) };
  writeFileSync(join(folder, "a.safetensors"), safetensorsBytes([...layers, other]));
  writeFileSync(join(folder, "tokens.json"), JSON.stringify(tokens));
  return folder;
}

const patterns = (folder: string, ...more: string[]) =>
  cli(folder, ["score-patterns", "a.safetensors", "--tokens", "tokens.json", ...more]);

describe("audit", () => {
  test("prints the table without a model, and writes nothing", async () => {
    const folder = emptyFolder();
    const { code, stdout, stderr } = await cli(folder, ["audit"]);
    expect([code, stderr, pathsIn(folder)]).toEqual([0, "", []]);
    expect(stdout).toMatch(/^legacy\.inductionViz\n {2}ind +1 +0 +1 /m);
  });

  test("follows a model, prints its Result with --json, and writes what --out asks for", async () => {
    const folder = emptyFolder();
    const args = ["--json", "--seq-len", "40", "--out", "a.png", "--out", "a.csv"];
    const { stdout, stderr } = await cli(folder, ["audit", "planted:induction", ...args]);
    expect(auditResult.parse(JSON.parse(stdout)).layout.period).toBe(20);
    expect([stderr, pathsIn(folder)]).toEqual(["wrote a.png\nwrote a.csv\n", ["a.csv", "a.png"]]);
  });

  test("refuses what does not fit with 2", async () => {
    const folder = emptyFolder();
    expect(await cli(folder, ["audit", "--seq-len", "9"])).toMatchObject({
      code: 2,
      stderr: "error: two copies need an even --seq-len of at least 4, got 9\n",
    });
  });
});

describe("score-patterns", () => {
  test("measures the arrays that --arrays names", async () => {
    const folder = attentionFolder();
    const { code, stdout } = await patterns(folder, "--arrays", "decoder.*");
    expect(code).toBe(0);
    expect(stdout).toContain(
      "a.safetensors · mask causal · 2 layers × 6 heads · 1 sequence of 9 tokens",
    );
    expect(stdout).toMatch(/^induction +0\.1364 +1 {2}0\.0 1\.0 · 1\.0 1\.0/m);
  });

  test("prints with --json the Result with the hash of the file, and writes what --out asks for", async () => {
    const folder = attentionFolder();
    const names = ["a.png", "a.svg", "a.html", "a.csv", "a.json"];
    const outs = names.flatMap((name) => ["--out", name]);
    const { stdout, stderr } = await patterns(folder, "--arrays", "decoder.*", "--json", ...outs);
    const result = patternsResult.parse(JSON.parse(stdout));
    expect(result.attention.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(stderr).toBe(names.map((name) => `wrote ${name}\n`).join(""));
    expect(readFileSync(join(folder, "a.csv"), "utf8")).toMatch(
      /^layer,head,induction,.*\r\n0,0,1,/,
    );
    expect(readFileSync(join(folder, "a.html"), "utf8")).toContain("induction by head");
  });

  test.each([
    [
      "a file with other arrays",
      TOKENS,
      [],
      /got decoder\.0 \[1, 6, 9, 9\].*hidden \[3\] \(choose with --arrays\)/,
    ],
    ["no array of that name", TOKENS, ["--arrays", "encoder.*"], /got no array/],
    ["a misspelt key", { ...TOKENS, perod: 4 }, ["--arrays", "d*"], /tokens\.json needs .*perod/],
    [
      "tokens that are no rows",
      { tokens: [1, 2] },
      ["--arrays", "d*"],
      /tokens\[0\] must be a list, got 1/,
    ],
    ["a period that is not there", { ...TOKENS, period: 3 }, ["--arrays", "d*"], /claim period 3/],
  ])("refuses %s", async (_, tokens, more, message) => {
    const { code, stderr } = await patterns(attentionFolder(tokens), ...more);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test("refuses a file of another kind", async () => {
    const folder = attentionFolder();
    const { code, stderr } = await cli(folder, [
      "score-patterns",
      "tokens.json",
      "--tokens",
      "tokens.json",
    ]);
    expect(stderr).toBe(
      "error: attention needs a file that ends in .npz or .safetensors, got tokens.json\n",
    );
    expect(code).toBe(2);
  });
});
