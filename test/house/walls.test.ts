/** @file The import walls: what lint refuses, and that ARCHITECTURE.md tells the same table. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ESLint } from "eslint";
import { describe, expect, test } from "vitest";
import { reservedPackages, walls } from "../../eslint.config.js";

const ROOT = join(import.meta.dirname, "../..");
const eslint = new ESLint({ cwd: ROOT });
const WALLS = walls as Readonly<Record<string, readonly string[]>>;
const PARTS = Object.keys(WALLS);

/** A file of each part that exists, so that an import of it resolves. */
const SOME_FILE: Readonly<Record<string, string>> = {
  base: "base/errors.ts",
  results: "results/common.ts",
  formats: "formats/safetensors.ts",
  text: "text/patterns/repeatedTokens.ts",
  graph: "graph/program.ts",
  measure: "measure/interval.ts",
  draw: "draw/headMap.ts",
  models: "models/open.ts",
  runtime: "runtime/prepare.ts",
  inputs: "inputs/scoreInput.ts",
  interventions: "interventions/chain.ts",
  training: "training/train.ts",
  "study/result": "studies/score/result.ts",
  "study/view": "studies/patch/view.ts",
  "studies/common": "studies/common/about.ts",
  "study/run": "studies/score/score.ts",
  "study/study": "studies/score/study.ts",
  "study/command": "studies/score/command.ts",
  studies: "studies/reportPage.ts",
  bench: "bench/population/plantedModel.ts",
  cli: "cli/exit.ts",
  server: "server/server.ts",
};

/** The name of a file of each part that does not exist. */
const madeUp = (part: string) =>
  part.startsWith("study/")
    ? `studies/why/${part === "study/run" ? "made" : part.slice("study/".length)}Up.ts`
    : `${part}/madeUp.ts`;

/** Rules that a file with these lines breaks. */
async function broken(file: string, lines: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(lines, { filePath: join(ROOT, "src", file) });
  return result!.messages.map(({ ruleId }) => ruleId);
}

/** The way from a file in src to another. */
const wayTo = (from: string, to: string) => `${"../".repeat(from.split("/").length - 1)}${to}`;

const WALL = "boundaries/dependencies";

describe("the import walls", () => {
  test("name every part of the house, and no part that is not there", () => {
    expect(Object.keys(SOME_FILE).sort()).toEqual(PARTS.toSorted());
    for (const file of Object.values(SOME_FILE))
      expect([file, existsSync(join(ROOT, "src", file))]).toEqual([file, true]);
    const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true });
    for (const folder of folders.filter((entry) => entry.isDirectory()))
      expect(PARTS).toContain(folder.name);
  });

  test("let a part import what the table names, and nothing else", async () => {
    for (const from of PARTS) {
      for (const [to, file] of Object.entries(SOME_FILE)) {
        const source = madeUp(from);
        const rules = await broken(source, `export * from "${wayTo(source, file)}";\n`);
        const may = from === to || WALLS[from]!.includes(to) || WALLS[from]!.includes("*");
        expect([from, to, rules.includes(WALL)]).toEqual([from, to, !may]);
      }
    }
  });

  test("keep floors in order: results and drawings know no engine, engines no study", () => {
    const engines = ["runtime", "models", "interventions", "study/run"];
    for (const part of ["draw", "study/result", "study/view", "measure"])
      for (const engine of engines) expect(WALLS[part]).not.toContain(engine);
    for (const part of ["runtime", "models", "interventions", "inputs", "draw"])
      expect(WALLS[part]!.filter((to) => /^stud/.test(to))).toEqual([]);
  });

  test("hold for types, for folders within folders, and for imports at run time", async () => {
    const imports = {
      type: 'export type { ScoreOptions } from "../studies/score/score.ts";\n',
      inside: 'export * from "../../studies/score/score.ts";\n',
      late: 'export const late = () => import("../studies/score/score.ts");\n',
    };
    expect(await broken("measure/madeUp.ts", imports.type)).toContain(WALL);
    expect(await broken("text/patterns/madeUp.ts", imports.inside)).toContain(WALL);
    expect(await broken("measure/madeUp.ts", imports.late)).toContain(WALL);
  });

  test("let the public entries import every part, and no part import them", async () => {
    const all = Object.entries(SOME_FILE).filter(([part]) => part !== "cli");
    const lines = all.map(([, file]) => `export * from "./${file}";\n`).join("");
    expect(await broken("index.ts", lines)).toEqual([]);
    for (const part of PARTS) {
      const source = madeUp(part);
      expect(await broken(source, `export * from "${wayTo(source, "index.ts")}";\n`)).toEqual([
        "boundaries/no-unknown-dependencies",
      ]);
    }
  });

  test("refuse a folder that the table does not name", async () => {
    expect(await broken("utils/madeUp.ts", "export const one = 1;\n")).toEqual([
      "boundaries/no-unknown-files",
    ]);
  });

  test.each(Object.entries(reservedPackages))(
    "let only %s import its packages",
    async (owner, names) => {
      const packages = [...names, ...(owner === "runtime" ? ["onnxruntime-web/wasm"] : [])];
      for (const name of packages) {
        for (const part of [...PARTS, "."]) {
          const rules = await broken(madeUp(part), `export * from "${name}";\n`);
          const may = part === owner || (owner === "cli" && part === "study/command");
          expect([part, name, rules.includes("no-restricted-imports")]).toEqual([part, name, !may]);
        }
        const late = `export const late = () => import("${name}");\n`;
        expect(await broken("studies/why/madeUp.ts", late)).toEqual(["no-restricted-syntax"]);
      }
    },
  );

  test("keep Node out of what must run in browsers", async () => {
    const node = 'export * from "node:fs";\n';
    for (const part of [
      "base",
      "results",
      "text",
      "graph",
      "measure",
      "runtime",
      "inputs",
      "interventions",
      "training",
    ])
      expect(await broken(madeUp(part), node)).toEqual(["no-restricted-imports"]);
    for (const file of ["runtime/native.ts", "runtime/openBackend.ts", "formats/madeUp.ts"])
      expect(await broken(file, node)).toEqual([]);
    const late = 'export const late = () => import("node:fs");\n';
    expect(await broken("graph/madeUp.ts", late)).toEqual(["no-restricted-syntax"]);
  });

  test("are the table of ARCHITECTURE.md", () => {
    const rows = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8").matchAll(
      /^\| `([\w/]+)` *\|[^|]*\|([^|]*)\|$/gm,
    );
    const tableRows = [...rows].map(([, folder, may]) => {
      const text = may!.trim();
      return [folder, text === "-" ? [] : text === "all" ? ["*"] : text.split(", ")];
    });
    expect(Object.fromEntries(tableRows)).toEqual(walls);
  });
});
