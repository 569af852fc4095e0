/** @file What the page is built with: stored Results that it shows until it has its own, and the models of the zoo. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const cli = new URL("../dist/cli/main.js", import.meta.url).pathname;
const run = (...args) =>
  JSON.parse(
    execFileSync(process.execPath, [cli, ...args, "--json", "--quiet"], { maxBuffer: 2 ** 26 }),
  );
const stored = {
  score: run("score", "zoo:attn-2l"),
  verdict: run("verdict", "zoo:attn-2l"),
  ablate: run("ablate", "zoo:attn-2l", "--kind", "zero", "--each-head"),
};
const folder = new URL("generated/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("stored.json", folder), `${JSON.stringify(stored)}\n`);

/** The last step of each model of the zoo, where the library's `load` looks for it, and what the page says of them. */
const zoo = new URL("../zoo/", import.meta.url);
const place = new URL("public/zoo/", import.meta.url);
rmSync(place, { recursive: true, force: true });
const index = JSON.parse(readFileSync(new URL("zoo.json", zoo), "utf8"));
for (const [name, { files, steps }] of Object.entries(index)) {
  const step = `${name}/checkpoints/step-${String(steps.at(-1)).padStart(6, "0")}/`;
  mkdirSync(new URL(step, place), { recursive: true });
  for (const file of files) copyFileSync(new URL(step + file, zoo), new URL(step + file, place));
}
copyFileSync(new URL("zoo.json", zoo), new URL("zoo.json", place));
const list = Object.entries(index).map(([name, { about }]) => ({ name: `zoo:${name}`, about }));
writeFileSync(new URL("zoo.json", folder), `${JSON.stringify(list)}\n`);
