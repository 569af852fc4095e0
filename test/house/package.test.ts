/** @file The package as others get it: packed, installed into an empty project, used from there. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { INSTALL_NATIVE } from "../../src/runtime/openBackend.ts";

const ROOT = join(import.meta.dirname, "../..");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const UNREACHED = /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENOTCACHED|ERR_SOCKET/;

const SCRIPT = `
import { load, score } from "induction-lens";
const model = await load("zoo:attn-2l");
const { top, environment } = await score(model, { numExamples: 10 });
await model.close();
console.log(top[0].layer + "." + top[0].head, environment.device);
`;

const TYPED = `
import { InputError, load, score, scoreResult, type ScoreResult } from "induction-lens";
import { ablate, prepare, type Program } from "induction-lens/graph";
import { idealHeads } from "induction-lens/measure";
import { recipeFrom, train } from "induction-lens/train";
const model = await load("planted:induction", { signal: new AbortController().signal });
const result: ScoreResult = await score(model, { numExamples: 10, bos: "auto", device: "wasm" });
const edited: Program = ablate(model.program, "blocks.0.attn.hook_z");
export const entries = [prepare, idealHeads, train(recipeFrom({ steps: undefined }))];
export const all = [edited, scoreResult.parse(result), new InputError("file", "none")];
// @ts-expect-error: typed, not any
score(model, { numExamples: "10" });
`;

/** Types of these entries must not reach those of Observable Plot, which are not sound without d3's. */
const TYPED_DRAWING = `
import { load, score } from "induction-lens";
import { headMapSvg, scoreHeadMap } from "induction-lens/report";
import { loadFiles } from "induction-lens/browser";
const svg: string = headMapSvg(scoreHeadMap(await score(await load("planted:induction"))));
export const all = [svg, await loadFiles([{ name: "config.json", blob: new Blob([]) }])];
`;

let project = "";
let packedBytes = 0;
let unreached: string | null = null;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "induction-lens-project-"));
  const pack = ["pack", "--ignore-scripts", "--pack-destination", project];
  execFileSync("npm", pack, { cwd: ROOT, stdio: "pipe" });
  const tarball = readdirSync(project).find((file) => file.endsWith(".tgz"))!;
  packedBytes = statSync(join(project, tarball)).size;
  writeFileSync(join(project, "package.json"), '{"name": "empty", "type": "module"}');
  const options = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  const installed = spawnSync("npm", ["install", `./${tarball}`, ...options], {
    cwd: project,
    encoding: "utf8",
  });
  if (installed.status === 0) return;
  unreached = UNREACHED.exec(installed.stderr)?.[0] ?? null;
  if (unreached === null) throw new Error(installed.stderr);
  console.warn(
    `SKIPPED: tests of the packed package, because no registry is reached: ${unreached}`,
  );
}, 300_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

function node(...args: string[]) {
  return spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
}

test("the packed package has under 12 MB", () => {
  expect(packedBytes).toBeLessThan(12e6);
});

describe("the packed package in an empty project (SKIPPED where no registry is reached)", () => {
  test("has what it needs, and no sources, tests or build caches", ({ skip }) => {
    if (unreached !== null) skip();
    const files = readdirSync(join(project, "node_modules/induction-lens"), {
      recursive: true,
    }).map(String);
    const others = files.filter((file) => !/^(dist|fonts|docs|explorer|zoo)\b/.test(file));
    expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"]);
    const page = files.filter((file) => file.startsWith("explorer"));
    expect(page).toContain("explorer/dist/index.html");
    expect(page.filter((file) => file.startsWith("explorer/dist/zoo"))).toEqual([]); // zoo/ is there once
    expect(files).toContain("zoo/zoo.json");
    expect(page.filter((file) => /\.(wasm|tsx?)$/.test(file))).toEqual([]);
    expect(readdirSync(join(project, "node_modules/induction-lens/dist"))).not.toContain(
      ".tsbuildinfo",
    );
  });

  test("type-checks in strict TypeScript", { tags: ["slow"] }, ({ skip }) => {
    if (unreached !== null) skip();
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"];
    writeFileSync(join(project, "typed.mts"), TYPED);
    writeFileSync(join(project, "drawing.mts"), TYPED_DRAWING);
    const withoutDom = ["--lib", "es2023"]; // as tsconfigs for Node have it: what draws brings the names of the DOM itself
    for (const more of [[], ["--exactOptionalPropertyTypes", ...withoutDom]]) {
      const checked = node(TSC, ...options, ...more, "typed.mts", "drawing.mts");
      expect(checked).toMatchObject({ stdout: "", status: 0 });
    }
  });

  test("scores on the native engine from ten lines, and from the command line", ({ skip }) => {
    if (unreached !== null) skip();
    writeFileSync(join(project, "script.js"), SCRIPT);
    expect(node("script.js")).toMatchObject({ status: 0, stdout: "1.0 cpu\n", stderr: "" });
    const bin = join(project, "node_modules/.bin/induction-lens");
    const { status, stdout } = spawnSync(bin, ["score"], { cwd: project, encoding: "utf8" });
    expect([status, stdout]).toEqual([0, expect.stringContaining("Head 1.0")]);
    expect(readdirSync(join(project, "output"))).toEqual(["induction_scores.png"]);
  });

  test("scores on WASM where the native engine is not installed, and says how to install it", ({
    skip,
  }) => {
    if (unreached !== null) skip();
    for (const name of ["onnxruntime-node", ".package-lock.json"])
      rmSync(join(project, "node_modules", name), { recursive: true });
    writeFileSync(join(project, "script.js"), SCRIPT);
    const { status, stdout, stderr } = node("script.js");
    expect([status, stdout]).toEqual([0, "1.0 wasm\n"]);
    expect(stderr).toContain(INSTALL_NATIVE);
    const bin = join(project, "node_modules/.bin/induction-lens");
    const command = spawnSync(bin, ["score"], { cwd: project, encoding: "utf8" });
    expect([command.status, command.stdout]).toEqual([0, expect.stringContaining("Head 1.0")]);
    expect(command.stderr).toContain(INSTALL_NATIVE);
  });
});
