#!/usr/bin/env node
/** @file The command line: checks arguments, answers what needs no model, and has the rest done in a second process. */
import { exited } from "./exited.ts";
import { buildProgram } from "./program.ts";
import { seedZeroNames } from "./seedZeroNames.ts";

const args = seedZeroNames(process.argv.slice(2));
const work = async () => {
  const { supervised } = await import("./supervised.ts");
  process.exitCode = await supervised(args);
};
await exited(buildProgram(() => work).parseAsync(args, { from: "user" }));
