/** @file Computes what the page shows until its own engine has measured the same: runs before each build. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";

const cli = new URL("../dist/cli/main.js", import.meta.url).pathname;
const run = (...args) =>
  JSON.parse(
    execFileSync(process.execPath, [cli, ...args, "--json", "--quiet"], { maxBuffer: 2 ** 26 }),
  );
const stored = {
  score: run("score", "planted:induction"),
  ablate: run("ablate", "planted:induction", "--kind", "zero", "--each-head"),
};
const folder = new URL("generated/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("stored.json", folder), `${JSON.stringify(stored)}\n`);
