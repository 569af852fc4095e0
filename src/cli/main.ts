#!/usr/bin/env node
/** @file The command line: reads arguments, calls studies, prints, and turns errors into exit codes. */
import { CommanderError } from "commander";
import { exitCodeOf, explain } from "./exit.ts";
import { buildProgram } from "./program.ts";
import { seedZeroNames } from "./seedZeroNames.ts";

try {
  await buildProgram().parseAsync(seedZeroNames(process.argv.slice(2)), { from: "user" });
} catch (error) {
  if (!(error instanceof CommanderError)) process.stderr.write(`${explain(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
// What an engine leaves running must not keep a finished command alive.
process.exit();
