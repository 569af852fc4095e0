#!/usr/bin/env node
/** @file Where the command line begins. It imports nothing that an old Node could not load, so that it can say so. */
import { nodeTooOld } from "./nodeTooOld.ts";

const problem = nodeTooOld(process.versions.node);
if (problem === null) await import("./start.ts");
else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 3;
}
