/** @file The command line: reads arguments, answers what needs no model, and has the rest done in a second process. */
import { loadCommands } from "./commands.ts";
import { exitAfter } from "./exitAfter.ts";
import { buildProgram } from "./program.ts";
import { seedZeroNames } from "./seedZeroNames.ts";
import { withTwoWordNames } from "./twoWordNames.ts";

const commands = await loadCommands();
const program = buildProgram(commands, async (invocation) => {
  const { superviseWork } = await import("./superviseWork.ts");
  process.exitCode = await superviseWork(invocation);
});
const words = withTwoWordNames(seedZeroNames(process.argv.slice(2)), commands);
await exitAfter(program.parseAsync(words, { from: "user" }));
