/** @file The command line: reads arguments, answers what needs no model, and has the rest done in a second process. */
import { loadCommandsNamed } from "./commands.ts";
import { exitAfter } from "./exitAfter.ts";
import { buildProgram } from "./program.ts";
import { seedZeroNames } from "./seedZeroNames.ts";
import { possibleNames, withTwoWordNames } from "./twoWordNames.ts";

const args = seedZeroNames(process.argv.slice(2));
const commands = await loadCommandsNamed(possibleNames(args));
const program = buildProgram(commands, async (invocation) => {
  const { superviseWork } = await import("./superviseWork.ts");
  process.exitCode = await superviseWork(invocation);
});
await exitAfter(program.parseAsync(withTwoWordNames(args, commands), { from: "user" }));
