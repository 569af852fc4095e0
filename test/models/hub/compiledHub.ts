/** @file The downloader as plain JavaScript, so that a test can run it in processes of its own and kill them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";

/**
 * Compiles src/models/hub and what it imports into a temporary folder.
 *
 * @returns that folder, and in it a script: node SCRIPT ENDPOINT CACHE, which fetches the model org/name
 */
export function compiledHub(): { folder: string; script: string } {
  const folder = mkdtempSync(join(tmpdir(), "compiled-hub-"));
  const source = join(import.meta.dirname, "../../../src");
  for (const part of ["models/hub", "base"]) {
    mkdirSync(join(folder, part), { recursive: true });
    for (const name of readdirSync(join(source, part)).filter((each) => each.endsWith(".ts"))) {
      const { outputText } = ts.transpileModule(readFileSync(join(source, part, name), "utf8"), {
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      });
      writeFileSync(join(folder, part, name.replace(/\.ts$/, ".js")), outputText);
    }
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const script = join(folder, "fetch.js");
  writeFileSync(
    script,
    `import { fetchFromHub } from "./models/hub/fetchFromHub.js";
const [, , endpoint, cacheDir, name] = process.argv;
try {
  const wanted = { required: [name], optional: [], firstOf: [] };
  const got = await fetchFromHub("org/name", { endpoint, cacheDir, wanted, token: false, env: {} });
  console.log(got.commit);
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
`,
  );
  return { folder, script };
}
