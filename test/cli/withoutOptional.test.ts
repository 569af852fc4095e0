/** @file Optional packages may be missing: each costs time, and no output. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { scoreResult } from "../../src/studies/score/result.ts";
import { cli, emptyFolder, pathsIn } from "./cli.ts";

/** Node as it is where these were not installed: the engine of the processor, and what draws PNG natively. */
const MISSING = ["onnxruntime-node", "@resvg/resvg-js"];

/** The environment in which Node finds none of MISSING. */
function withoutOptional(folder: string): Record<string, string> {
  const hooks = `const missing = ${JSON.stringify(MISSING)};
    export async function resolve(specifier, context, next) {
      if (missing.includes(specifier)) throw Object.assign(new Error("Cannot find package " + specifier), { code: "ERR_MODULE_NOT_FOUND" });
      return next(specifier, context);
    }`;
  writeFileSync(join(folder, ".hooks.mjs"), hooks);
  const register = `import { register } from "node:module"; register("./.hooks.mjs", import.meta.url);`;
  writeFileSync(join(folder, ".register.mjs"), register);
  const url = pathToFileURL(join(folder, ".register.mjs")).href;
  return { NODE_OPTIONS: `--import ${url}` };
}

const HOOKS = [".hooks.mjs", ".register.mjs"];

describe("without the optional packages", () => {
  test("every output is written, and the notice says how to install the engine", async () => {
    const folder = emptyFolder();
    const files = ["a.csv", "a.html", "a.json", "a.png", "a.svg"];
    const args = ["score", "--num-examples", "10", ...files.flatMap((file) => ["--out", file])];
    const { code, stdout, stderr } = await cli(folder, args, withoutOptional(folder));
    expect([code, stderr]).toEqual([0, expect.stringContaining("npm install onnxruntime-node")]);
    expect(stdout).toContain("Head 1.0 attends like an induction head");
    expect(pathsIn(folder)).toEqual([...HOOKS, ...files].sort());
    const { environment } = scoreResult.parse(
      JSON.parse(readFileSync(join(folder, "a.json"), "utf8")),
    );
    expect(Object.keys(environment.versions)).toContain("onnxruntime-web");
    expect(readFileSync(join(folder, "a.png")).subarray(1, 4).toString()).toBe("PNG");
  });

  test("a study with no options prints its text and makes its default picture", async () => {
    const folder = emptyFolder();
    const { code, stdout } = await cli(folder, ["score"], withoutOptional(folder));
    expect(code).toBe(0);
    expect(stdout).toContain("Head 1.0 attends like an induction head");
    expect(pathsIn(folder)).toContain("output/induction_scores.png");
  });

  test("an engine that was asked for by name and is missing is refused, with the command that installs it", async () => {
    const folder = emptyFolder();
    const { code, stdout, stderr } = await cli(
      folder,
      ["score", "--device", "cpu"],
      withoutOptional(folder),
    );
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("device cpu needs onnxruntime-node, which is not installed here");
  });
});
