/** @file The report command: Results in, one page out. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, emptyFolder } from "./cli.ts";

const QUICK = ["--quiet", "--threads", "1", "--num-examples", "10"];

test("report makes one page from several Results, which can be read back from it", async () => {
  const folder = emptyFolder();
  for (const command of ["score", "ablate"])
    await cli(folder, [command, "planted:induction", "--out", `${command}.json`, ...QUICK]);
  const run = await cli(folder, ["report", "score.json", "ablate.json", "--title", "A & B"]);
  expect(run).toMatchObject({ code: 0, stdout: "wrote output/report.html\n", stderr: "" });
  const page = readFileSync(join(folder, "output/report.html"), "utf8");
  expect(page).toContain("<h1>A &amp; B</h1>");
  expect(page).toContain("Induction score by head: planted:induction");
  expect(page).toContain("Ablation (mean): planted:induction");
  ["score", "ablate"].forEach((command, index) => {
    const json = new RegExp(`id="result-${index + 1}">(.*?)</script>`, "s").exec(page)![1]!;
    expect(JSON.parse(json)).toEqual(
      JSON.parse(readFileSync(join(folder, `${command}.json`), "utf8")),
    );
  });
});

test("report refuses what is no Result, and writes nothing", async () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, "text.json"), "no");
  writeFileSync(join(folder, "other.json"), '{"schema":"induction-lens/other@1"}');
  writeFileSync(join(folder, "broken.json"), '{"schema":"induction-lens/phase@1"}');
  const refused: [string[], string][] = [
    [["nowhere.json"], "cannot read the Result nowhere.json"],
    [["text.json"], "text.json is not JSON"],
    [["other.json"], "other.json has the schema induction-lens/other@1"],
    [["broken.json"], "broken.json does not fit its schema: version"],
    [["broken.json", "--out", "a.txt"], "a report needs a file that ends in .html, got a.txt"],
  ];
  for (const [args, message] of refused) {
    const { code, stderr } = await cli(folder, ["report", ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  }
  expect(existsSync(join(folder, "output"))).toBe(false);
});
