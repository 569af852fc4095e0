/**
 * @file Refuses more than 200 kB gzip of the page's own script on the first load: what the page, its engine's thread and the
 * engine's loader import at once. Other scripts come when a view needs them; WASM is not counted. Says what each script weighs if
 * it is too much, or with `--list`; a build that is as it should be says nothing.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 200;
const folder = new URL("dist/assets/", import.meta.url);
const scripts = new Map(
  readdirSync(folder)
    .filter((name) => /\.m?js$/.test(name))
    .map((name) => [name, readFileSync(new URL(name, folder), "utf8")]),
);
const first = new Set();
const follow = (name) => {
  if (first.has(name) || !scripts.has(name)) return;
  first.add(name);
  for (const [, other] of scripts.get(name).matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+)["'`]/g))
    follow(other);
};
for (const name of scripts.keys()) if (/^(index|worker|ort\.wasm)[.-]/.test(name)) follow(name);
const sizes = [...scripts].map(([name, text]) => ({
  name,
  kB: gzipSync(text).length / 1000,
  when: first.has(name) ? "first load" : "later",
}));
const total = sizes.reduce((sum, { kB, when }) => sum + (when === "later" ? 0 : kB), 0);
if (total > BUDGET_KB || process.argv.includes("--list")) {
  for (const { name, kB, when } of sizes.toSorted((a, b) => a.when.localeCompare(b.when)))
    console.log(`${kB.toFixed(1).padStart(8)} kB  ${when.padEnd(10)}  ${name}`);
  console.log(
    `${total.toFixed(1).padStart(8)} kB gzip of script on first load, of ${BUDGET_KB} allowed`,
  );
}
if (total > BUDGET_KB) process.exitCode = 1;
