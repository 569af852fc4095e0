/** @file Prints what the page's own script weighs and refuses more than 200 kB gzip; the engine's WASM is not counted. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 200;
const folder = new URL("dist/assets/", import.meta.url);
const sizes = readdirSync(folder)
  .filter((name) => /\.m?js$/.test(name))
  .map((name) => ({ name, kB: gzipSync(readFileSync(new URL(name, folder))).length / 1000 }));
const total = sizes.reduce((sum, { kB }) => sum + kB, 0);
for (const { name, kB } of sizes) console.log(`${kB.toFixed(1).padStart(8)} kB  ${name}`);
console.log(`${total.toFixed(1).padStart(8)} kB gzip of script in all, of ${BUDGET_KB} allowed`);
if (total > BUDGET_KB) process.exitCode = 1;
