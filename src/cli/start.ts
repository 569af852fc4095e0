/** @file The command line: reads arguments, answers what needs no model, and has the rest done in a second process. */
import { loadCommands } from "./commands.ts";
import { exited } from "./exited.ts";
import { buildProgram } from "./program.ts";
import { seedZeroNames } from "./seedZeroNames.ts";

const program = buildProgram(await loadCommands(), async (invocation) => {
  const { supervised } = await import("./supervised.ts");
  process.exitCode = await supervised(invocation);
});
await exited(program.parseAsync(seedZeroNames(process.argv.slice(2)), { from: "user" }));
