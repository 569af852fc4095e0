/**
 * @file `node tools/importCircles.js FOLDER ...`: import circles among TypeScript files, type imports and late imports too;
 * fails if there are any. (Lint rules for circles leave type imports out.)
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const folders = process.argv.slice(2);
const files = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name)),
);

const circles = circlesOf(new Map(files.map((file) => [file, importsOf(file)])));
for (const circle of circles)
  console.error(`import circle: ${circle.map((file) => relative(".", file)).join(" <-> ")}`);
console.error(`${circles.length} import circles in ${files.length} files`);
process.exitCode = circles.length === 0 && files.length > 0 ? 0 : 1;

function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => join(dirname(file), fileName))
    .filter((path) => existsSync(path) && /\.tsx?$/.test(path));
}

/** Strongly connected sets of more than one file, and files that import themselves (Tarjan 1972). */
function circlesOf(graph) {
  const order = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    order.set(file, order.size);
    low.set(file, order.get(file));
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file), low.get(next)));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1 || (graph.get(file) ?? []).includes(file)) found.push(circle);
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}
