/** @file The downloader as plain JavaScript, so that a test can run it in processes of its own and kill them. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";

const OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
} satisfies ts.CompilerOptions;

/**
 * Compiles the downloader and what it imports into a temporary folder.
 *
 * @returns that folder, and in it a script: node SCRIPT ENDPOINT CACHE, which fetches the model org/name
 */
export function compiledHub(): { folder: string; script: string } {
  const folder = mkdtempSync(join(tmpdir(), "compiled-hub-"));
  const source = join(import.meta.dirname, "../../../src");
  const compiled = new Set<string>();
  const compile = (path: string) => {
    if (compiled.has(path)) return;
    compiled.add(path);
    const text = readFileSync(join(source, path), "utf8");
    const { outputText } = ts.transpileModule(text, { compilerOptions: OPTIONS });
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path.replace(/\.ts$/, ".js")), outputText);
    for (const { fileName } of ts.preProcessFile(text).importedFiles)
      if (fileName.startsWith(".")) compile(join(dirname(path), fileName));
  };
  compile("models/hub/fetchFromHub.ts");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const script = join(folder, "fetch.js");
  writeFileSync(
    script,
    `import { fetchFromHub } from "./models/hub/fetchFromHub.js";
const [, , endpoint, cacheDir, name] = process.argv;
try {
  const wanted = { required: [name], optional: [], firstOf: [] };
  const got = await fetchFromHub("org/name", { endpoint, cacheDir, files: wanted, token: false, env: {} });
  console.log(got.commit);
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
`,
  );
  return { folder, script };
}
