/**
 * @file Checks the types of the benchmarks, which are plain JavaScript and import dist/: every import, property and argument is held
 * against src/, without a build. Only what is wrong in bench/ is reported; null is allowed everywhere.
 */
import { join } from "node:path";
import ts from "typescript";

const folder = join(import.meta.dirname, "../bench");
const { config } = ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile);
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
const settings = { ...options, incremental: false, noEmit: true };
const host = ts.createCompilerHost(settings);
const dist = join(folder, "../dist/");
const program = ts.createProgram(fileNames, settings, {
  ...host,
  // A build that is older than src/ says nothing: without one, imports of dist/ lead to src/.
  fileExists: (path) => !path.startsWith(dist) && host.fileExists(path),
  directoryExists: (path) => !`${path}/`.startsWith(dist) && ts.sys.directoryExists(path),
});
const faults = program
  .getSourceFiles()
  .filter(({ fileName }) => fileName.startsWith(`${folder}/`))
  .flatMap((file) => ts.getPreEmitDiagnostics(program, file));
process.stdout.write(
  ts.formatDiagnostics(faults, {
    getCurrentDirectory: () => join(folder, ".."),
    getCanonicalFileName: (name) => name,
    getNewLine: () => "\n",
  }),
);
process.exitCode = faults.length > 0 ? 1 : 0;
