/** @file The process that does what the supervisor was asked for: the same command line, with its commands carried out. */
import { exited } from "./exited.ts";
import { buildProgram } from "./program.ts";

const carriedOut = buildProgram(
  ({ carryOut }) => carryOut as (...args: unknown[]) => Promise<void>,
);
await exited(carriedOut.parseAsync(process.argv.slice(2), { from: "user" }));
