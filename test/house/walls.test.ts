/** @file The import walls: what lint refuses, and that ARCHITECTURE.md tells the same table. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ESLint } from "eslint";
import { describe, expect, test } from "vitest";
import { reservedPackages, walls } from "../../eslint.config.js";

const ROOT = join(import.meta.dirname, "../..");
const eslint = new ESLint({ cwd: ROOT });
const WALLS = walls as Readonly<Record<string, readonly string[]>>;
const FOLDERS = Object.keys(WALLS);

/** A file of each folder that exists, so that an import of it resolves. */
const SOME_FILE: Readonly<Record<string, string>> = {
  base: "errors.ts",
  results: "score.ts",
  formats: "safetensors.ts",
  text: "patterns/repeatedTokens.ts",
  graph: "program.ts",
  measure: "interval.ts",
  models: "open.ts",
  runtime: "prepare.ts",
  studies: "score.ts",
  report: "headMap.ts",
  cli: "exit.ts",
};

/** Rules that a file of `folder` with these lines breaks. */
async function broken(file: string, lines: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(lines, { filePath: join(ROOT, "src", file) });
  return result!.messages.map(({ ruleId }) => ruleId);
}

const WALL = "boundaries/dependencies";

describe("the import walls", () => {
  test("let a folder import what the table names, and nothing else", async () => {
    for (const from of FOLDERS) {
      for (const [to, file] of Object.entries(SOME_FILE)) {
        const rules = await broken(`${from}/made-up.ts`, `export * from "../${to}/${file}";\n`);
        const may = from === to || WALLS[from]!.includes(to) || WALLS[from]!.includes("*");
        expect([from, to, rules.includes(WALL)]).toEqual([from, to, !may]);
      }
    }
  });

  test("hold for types, for folders within folders, and for imports at run time", async () => {
    const imports = {
      type: 'export type { ScoreOptions } from "../studies/score.ts";\n',
      inside: 'export * from "../../studies/score.ts";\n',
      late: 'export const late = () => import("../studies/score.ts");\n',
    };
    expect(await broken("measure/made-up.ts", imports.type)).toContain(WALL);
    expect(await broken("text/patterns/made-up.ts", imports.inside)).toContain(WALL);
    expect(await broken("measure/made-up.ts", imports.late)).toContain(WALL);
  });

  test("let the public entries import every folder, and no folder import them", async () => {
    const all = Object.entries(SOME_FILE).filter(([folder]) => folder !== "cli");
    const lines = all.map(([folder, file]) => `export * from "./${folder}/${file}";\n`).join("");
    expect(await broken("index.ts", lines)).toEqual([]);
    for (const folder of FOLDERS)
      expect(await broken(`${folder}/made-up.ts`, 'export * from "../index.ts";\n')).toEqual([
        "boundaries/no-unknown-dependencies",
      ]);
  });

  test("refuse a folder that the table does not name", async () => {
    expect(await broken("utils/made-up.ts", "export const one = 1;\n")).toEqual([
      "boundaries/no-unknown-files",
    ]);
  });

  test.each(Object.entries(reservedPackages))(
    "let only %s import its packages",
    async (owner, names) => {
      const packages = [...names, ...(owner === "runtime" ? ["onnxruntime-web/wasm"] : [])];
      for (const name of packages) {
        for (const folder of [...FOLDERS.map((each) => `${each}/`), ""]) {
          const rules = await broken(`${folder}made-up.ts`, `export * from "${name}";\n`);
          const refused = rules.includes("no-restricted-imports");
          expect([folder, name, refused]).toEqual([folder, name, folder !== `${owner}/`]);
        }
        const late = `export const late = () => import("${name}");\n`;
        expect(await broken("studies/made-up.ts", late)).toEqual(["no-restricted-syntax"]);
      }
    },
  );

  test("keep Node out of what must run in browsers", async () => {
    const node = 'export * from "node:fs";\n';
    for (const folder of ["base", "results", "text", "graph", "measure", "runtime", "training"])
      expect(await broken(`${folder}/made-up.ts`, node)).toEqual(["no-restricted-imports"]);
    for (const file of ["runtime/native.ts", "runtime/openBackend.ts", "formats/made-up.ts"])
      expect(await broken(file, node)).toEqual([]);
    const late = 'export const late = () => import("node:fs");\n';
    expect(await broken("graph/made-up.ts", late)).toEqual(["no-restricted-syntax"]);
  });

  test("are the table of ARCHITECTURE.md", () => {
    const rows = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8").matchAll(
      /^\| `(\w+)` *\|[^|]*\|([^|]*)\|$/gm,
    );
    const told = [...rows].map(([, folder, may]) => {
      const text = may!.trim();
      return [folder, text === "-" ? [] : text === "all" ? ["*"] : text.split(", ")];
    });
    expect(Object.fromEntries(told)).toEqual(walls);
  });
});
