/** @file patch and ablate as a user types them: what they write, and what they refuse. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli, emptyFolder, pathsIn } from "./cli.ts";

const MODEL = "planted:induction";
const SMALL = ["--num-examples", "4", "--seq-len", "12"];

const row = (first: number) => Array.from({ length: 4 }, (_, index) => first + index);
const twice = (first: number) => [...row(first), ...row(first)];
const clean = [10, 20, 30].map(twice);

/** Own rows by name of their file. */
const ROWS: Readonly<Record<string, unknown>> = {
  "same.json": { clean, corrupted: clean, period: 4, bos: false },
  "short.json": { clean, corrupted: clean.map((ids) => ids.slice(1)), period: 4, bos: false },
  "fewer.json": { clean, corrupted: clean.slice(1), period: 4, bos: false },
  "ragged.json": { clean: [...clean, [1, 2]], corrupted: clean, period: 4, bos: false },
  "unrepeated.json": {
    clean: [[1, 2, 3, 4, 5, 6, 7, 8]],
    corrupted: [twice(9)],
    period: 4,
    bos: false,
  },
  "large.json": { clean: [twice(9_999)], corrupted: [twice(9)], period: 4, bos: false },
  "keys.json": { clean, period: 4, bos: false },
};

const REFUSED: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["no difference", ["--tokens", "same.json"], ["3 standard errors", "log-probability"]],
  ["no difference to estimate", ["--tokens", "same.json", "--attribution"], ["3 standard errors"]],
  ["corrupted rows of another length", ["--tokens", "short.json"], ["3 x 8 and 3 x 7"]],
  ["fewer corrupted rows", ["--tokens", "fewer.json"], ["3 x 8 and 2 x 8"]],
  ["rows of different lengths", ["--tokens", "ragged.json"], ["row 3"]],
  ["rows that do not repeat", ["--tokens", "unrepeated.json"], ["period 4"]],
  ["tokens that the model has not", ["--tokens", "large.json"], ["9999"]],
  ["a pair without corrupted rows", ["--tokens", "keys.json"], ["corrupted"]],
  ["own rows and a design", ["--tokens", "same.json", "--design", "AB"], ["--tokens", "--design"]],
  [
    "a metric of another token where there is none",
    ["--tokens", "same.json", "--metric", "logit-difference"],
    ["suggests another token"],
  ],
  ["an attention score of whole runs", ["--metric", "induction-score"], ["--route"]],
  ["kl to first order", ["--attribution", "--metric", "kl"], ["kl"]],
  ["kl of a path", ["--route", "k", "--into", "1.2", "--metric", "kl"], ["kl"]],
  [
    "an attention score of the logits",
    ["--route", "logits", "--metric", "induction-score"],
    ["logits"],
  ],
  ["a head that is not there", ["--heads", "1.7"], ["1.7", "nearest: 1.3"]],
  ["a head that is no head", ["--fingerprint", "second"], ["layer.head"]],
  ["a receiver that is not there", ["--route", "k", "--into", "4.2"], ["nearest: 1.2"]],
  ["a source that comes later", ["--route", "k", "--into", "1.2", "--from", "1.0"], ["1.0"]],
  ["a value that the model has not", ["--unit", "mlp-out"], ["hook_mlp_out"]],
  ["cells of all heads", ["--by-cell"], ["chosen heads"]],
  ["cells by position", ["--by-cell", "--by-position", "--heads", "1.2"], ["--by-position"]],
  ["heads of whole layers", ["--unit", "attn-out", "--heads", "1.2"], ["attn-out"]],
  ["estimates of whole layers", ["--attribution", "--unit", "resid-pre"], ["resid-pre"]],
  ["estimates by position", ["--attribution", "--by-position"], ["--by-position"]],
  ["controls of no screen", ["--controls", "3"], ["--controls"]],
  ["a screen of nothing", ["--screen", "0"], ["whole number from 1"]],
  ["sources without a route", ["--from", "0.1"], ["--from", "--route"]],
  ["an odd length", ["--seq-len", "13"], ["even"]],
];

const ABLATE: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["a head that is not there", ["--set", "1.2,2.0"], ["2.0", "nearest: 1.0"]],
  ["a curve of more heads than others", ["--curve", "5", ...SMALL], ["1 to 4 heads"]],
  ["a band of no curve", ["--random-sets", "5"], ["--curve"]],
  ["a share of no search", ["--share", ".5"], ["--minimal"]],
  ["a share of everything", ["--minimal", "--share", "1", ...SMALL], ["between 0 and 1"]],
  [
    "a search where repetition does not help",
    ["--minimal", "--always-ablate", "1.2", ...SMALL],
    ["easier"],
  ],
];

async function expectRefused(
  command: string,
  options: readonly string[],
  words: readonly string[],
) {
  const folder = emptyFolder();
  for (const [file, content] of Object.entries(ROWS))
    writeFileSync(join(folder, file), JSON.stringify(content));
  const before = pathsIn(folder);
  const args = [command, MODEL, ...options, "--out", "result.json"];
  const { code, stdout, stderr } = await cli(folder, args);
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toContain("fault of induction-lens");
  expect([code, stdout]).toEqual([2, ""]);
  expect(pathsIn(folder)).toEqual(before);
}

describe("patch and ablate refuse, with exit code 2 and nothing written", () => {
  test.each(REFUSED)("%s", (_, options, words) => expectRefused("patch", options, words));
  test.each(ABLATE)("%s, to ablate", (_, options, words) =>
    expectRefused("ablate", options, words),
  );
});

describe("what patch and ablate write", () => {
  test("every format of estimates and cells; a curve's picture; and no trace of a finished sweep", async () => {
    const folder = emptyFolder();
    const outs = (name: string) =>
      ["svg", "html", "csv", "json"].flatMap((type) => ["--out", `${name}.${type}`]);
    const estimates = ["--screen", "2", "--num-examples", "10", "--seq-len", "12"];
    const cells = ["--by-cell", "--heads", "1.2", ...SMALL];
    for (const [name, args] of Object.entries({
      estimates: ["patch", MODEL, ...estimates],
      cells: ["patch", MODEL, ...cells],
      curve: ["ablate", MODEL, "--curve", "2", ...SMALL],
    })) {
      const { code, stdout, stderr } = await cli(folder, [...args, ...outs(name)]);
      expect([name, code, stderr]).toEqual([
        name,
        0,
        expect.stringContaining(`wrote ${name}.json`),
      ]);
      expect(stdout).not.toMatch(/undefined|NaN|\[object/);
      const svg = readFileSync(join(folder, `${name}.svg`), "utf8");
      expect(svg).toMatch(/^<svg[^]*<\/svg>\s*$/);
      expect(readFileSync(join(folder, `${name}.html`), "utf8")).toContain("</html>");
    }
    const csv = readFileSync(join(folder, "cells.csv"), "utf8").trim().split(/\r?\n/);
    expect(csv[0]).toBe("layer,head,query,key,value,effect,effectLow,effectHigh");
    expect(csv).toHaveLength(1 + (13 * 14) / 2);
    expect(existsSync(join(folder, ".cache/induction-lens/sweeps"))).toBe(false);
  });
});
