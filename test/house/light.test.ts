/** @file Importing the library costs nothing of what only its command line and its pictures need. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const DIST = join(import.meta.dirname, "../../dist");

/** They are dependencies of the one package, and are loaded only when a command, a picture or a page is made. */
const HEAVY =
  /node_modules\/(commander|@modelcontextprotocol\/sdk|bullmq|ioredis|cli-progress|open|happy-dom|pdfkit|fontkit|@resvg\/[^/]+|picocolors|@observablehq\/plot)\//;

/** Addresses of all modules that Node loads for `entry`, its own among them; hooks see each one. */
function loadedBy(entry: string): string[] {
  const hooks = `
import { appendFileSync } from "node:fs";
export async function load(url, context, next) { appendFileSync(1, url + "\\n"); return next(url, context); }`;
  const script = `
import { register } from "node:module";
register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hooks)}));
await import(${JSON.stringify(join(DIST, entry))});`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  return printed.trim().split("\n");
}

describe("importing (runs the built package)", () => {
  test.each(["index.js", "graph.js", "measure.js", "train.js"])(
    "dist/%s loads no package of the command line or of pictures",
    (entry) => {
      const loaded = loadedBy(entry);
      expect(loaded.some((url) => url.endsWith(`/dist/${entry}`))).toBe(true);
      expect(loaded.filter((url) => HEAVY.test(url))).toEqual([]);
    },
  );

  test("is seen where it happens: text for a terminal loads picocolors", () => {
    expect(loadedBy("draw/studyText.js").some((url) => HEAVY.test(url))).toBe(true);
  });
});
