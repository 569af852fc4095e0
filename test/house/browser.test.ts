/** @file The browser entry: nothing that it reaches needs Node, and in Node too it gives the numbers of the Node entry. */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import * as browser from "../../src/browser.ts";
import * as node from "../../src/index.ts";
import { safetensorsBytes } from "../../src/formats/writeSafetensors.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { plantedCheckpoint } from "../../src/models/planted/circuit.ts";
import { SMALL } from "../cli/checkpoint.ts";

const SRC = join(import.meta.dirname, "../../src");

/** What a file imports when it runs: types are gone by then. */
function imports(path: string): string[] {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const paths: string[] = [];
  const visit = (at: ts.Node) => {
    const isStatic = ts.isImportDeclaration(at) || ts.isExportDeclaration(at);
    if (isStatic && at.moduleSpecifier && !isType(at))
      paths.push((at.moduleSpecifier as ts.StringLiteral).text);
    if (ts.isCallExpression(at) && at.expression.kind === ts.SyntaxKind.ImportKeyword)
      paths.push((at.arguments[0] as ts.StringLiteral).text);
    ts.forEachChild(at, visit);
  };
  visit(source);
  return paths;
}

function isType(at: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  return ts.isExportDeclaration(at)
    ? at.isTypeOnly
    : at.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

/** Files of ours and packages that `entry` reaches, with one way to each. */
function reached(entry: string): Map<string, string> {
  const ways = new Map<string, string>();
  const walk = (path: string, way: string) => {
    for (const specifier of imports(path)) {
      const target = specifier.startsWith(".") ? join(dirname(path), specifier) : specifier;
      if (ways.has(target)) continue;
      const name = specifier.startsWith(".") ? relative(SRC, target) : specifier;
      ways.set(target, `${way} > ${name}`);
      if (specifier.startsWith(".")) walk(target, `${way} > ${name}`);
    }
  };
  walk(join(SRC, entry), entry);
  return ways;
}

const ONLY_NODE = /^(node:|onnxruntime-node|happy-dom|@resvg\/|commander|cli-progress)/;

async function smallFiles() {
  const { config, weights } = plantedCheckpoint(SMALL, []);
  const tensors = [];
  for (const [name, stored] of weights)
    tensors.push({ name, shape: stored.shape, data: await readTensor(stored) });
  const whole = safetensorsBytes(tensors);
  return { config: new Blob([JSON.stringify(config)]), whole, tensors };
}

describe("the browser entry", () => {
  test.each(["browser.ts", "reportAnywhere.ts", "trainInBrowser.ts", "graph.ts", "measure.ts"])(
    "reaches nothing that needs Node: %s",
    (entry) => {
      const ways = reached(entry);
      const wrong = [...ways].filter(([target]) => ONLY_NODE.test(target)).map(([, way]) => way);
      expect(wrong).toEqual([]);
    },
  );

  test("is walked through all that it imports, at once or later, and commands are not among it", () => {
    const [engines, studies] = [reached("browser.ts"), reached("reportAnywhere.ts")];
    expect(engines.size).toBeGreaterThan(40);
    expect([...engines.keys()]).toContain("onnxruntime-web/wasm");
    const files = [...studies.keys()].map((target) => relative(SRC, target));
    expect(files).toContain("studies/score/study.ts"); // by way of the registry
    expect(files).toContain("studies/score/score.ts");
    expect(files.filter((file) => /^(cli|studies\/\w+\/command)/.test(file))).toEqual([]);
    const inNode = [...reached("index.ts").keys()].filter((target) => ONLY_NODE.test(target));
    expect(inNode).toContain("node:fs/promises"); // so the walk would have seen it
  });

  test("scores a planted model as the Node entry does", async () => {
    const options = { numExamples: 12, seqLen: 32 };
    const backend = await node.openEngine({ device: "wasm" });
    const inPage = await browser.score(await browser.load("planted:induction"), {
      ...options,
      backend,
    });
    const there = await node.score(await node.load("planted:induction"), { ...options, backend });
    expect(inPage).toEqual({ ...there, timings: inPage.timings });
  });

  test("loads files that the user picked, whole or in shards", async () => {
    const { config, whole, tensors } = await smallFiles();
    const middle = Math.floor(tensors.length / 2);
    const parts = [tensors.slice(0, middle), tensors.slice(middle)].map((part, index) => ({
      name: `model-0000${index + 1}-of-00002.safetensors`,
      names: part.map(({ name }) => name),
      blob: new Blob([safetensorsBytes(part) as BlobPart]),
    }));
    const weight_map = Object.fromEntries(
      parts.flatMap(({ name, names }) => names.map((tensor) => [tensor, name])),
    );
    const index = new Blob([JSON.stringify({ weight_map })]);
    const model = await browser.loadFiles([
      { name: "config.json", blob: config },
      { name: "model.safetensors", blob: new Blob([whole as BlobPart]) },
      { name: "readme.md", blob: new Blob([]) },
    ]);
    const several = await browser.loadFiles([
      { name: "config.json", blob: config },
      { name: "model.safetensors.index.json", blob: index },
      ...parts,
    ]);
    const backend = await node.openEngine({ device: "wasm" });
    const options = { numExamples: 10, seqLen: 16, backend };
    const [first, second] = [
      await browser.score(model, options),
      await browser.score(several, options),
    ];
    expect(second.scores).toEqual(first.scores);
    expect(first.model).toMatchObject({ id: "files", layers: 2, heads: 2 });
    const digest = await crypto.subtle.digest("SHA-256", whole as BufferSource);
    expect(first.model.sha256).toBe(Buffer.from(digest).toString("hex"));
  });

  test("says which file is missing or broken", async () => {
    const { config, whole } = await smallFiles();
    const file = (name: string, blob: Blob) => ({ name, blob });
    const weights = file("model.safetensors", new Blob([whole as BlobPart]));
    await expect(browser.loadFiles([weights])).rejects.toThrow(
      "weights without config.json have no sizes, choose the whole folder",
    );
    await expect(browser.loadFiles([file("config.json", config)])).rejects.toThrow(
      "a model needs the file model.safetensors, got config.json",
    );
    await expect(
      browser.loadFiles([file("config.json", new Blob(["{"])), weights]),
    ).rejects.toThrow("config.json is not JSON");
    await expect(browser.load("no model at all")).rejects.toThrow("a hub id is");
  });

  test("exports everything of the Node entry that needs no file system", () => {
    const missing = Object.keys(node).filter((name) => !(name in browser));
    expect(missing).toEqual(["readZoo"]);
  });
});
