/**
 * @file Ends with 0 if the built page is of the files that are there now, so that it need not be built again; else with 1. With
 * `--write` it notes what the page was built of.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const NOTE = join(root, "node_modules/.cache/explorer-build.json");
/** What the page is made of: its own sources, the compiled library, the models of the zoo, and the packages. */
const INPUTS = ["explorer/src", "explorer/lab", "dist", "zoo", "package.json", "package-lock.json"];
const OUTPUTS = ["explorer/dist", "explorer/generated", "explorer/public"];

function filesUnder(path) {
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name)).sort();
}

function inputHash() {
  const hash = createHash("sha256").update(process.version);
  const beside = readdirSync(import.meta.dirname).filter((name) => /\.(js|json|html)$/.test(name));
  const paths = [...INPUTS, ...beside.map((name) => join("explorer", name))];
  for (const file of paths.flatMap((path) => filesUnder(join(root, path)))) {
    if (file.endsWith(".tsbuildinfo")) continue;
    hash.update(`${file}\n`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** A file that is gone or cut short is built again; no more is looked at. */
const outputSizes = () =>
  OUTPUTS.flatMap((path) => filesUnder(join(root, path))).map((file) => [
    file.slice(root.length),
    statSync(file).size,
  ]);

const state = () => JSON.stringify({ inputs: inputHash(), outputs: outputSizes() });

function isUpToDate() {
  try {
    return readFileSync(NOTE, "utf8") === state();
  } catch {
    return false; // the first build, or a part of the page is missing
  }
}

if (process.argv.includes("--write")) {
  mkdirSync(dirname(NOTE), { recursive: true });
  writeFileSync(NOTE, state());
} else if (!isUpToDate()) process.exitCode = 1;
