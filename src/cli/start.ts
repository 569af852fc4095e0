/** @file The command line: reads arguments, answers what needs no model, and has the rest done in a second process. */
import { loadCommands } from "./commands.ts";
import { exited } from "./exited.ts";
import { buildProgram } from "./program.ts";
import { seedZeroNames } from "./seedZeroNames.ts";
import { withTwoWordNames } from "./twoWordNames.ts";

const commands = await loadCommands();
const program = buildProgram(commands, async (invocation) => {
  const { supervised } = await import("./supervised.ts");
  process.exitCode = await supervised(invocation);
});
const words = withTwoWordNames(seedZeroNames(process.argv.slice(2)), commands);
await exited(program.parseAsync(words, { from: "user" }));
