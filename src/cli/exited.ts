import { CommanderError } from "commander";
import { exitCodeOf, explain } from "./exit.ts";

/** Waits for `work`, says what went wrong, and ends the process with the exit code that fits. */
export async function exited(work: Promise<unknown>): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosed);
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CommanderError)) process.stderr.write(`${explain(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
  for (const stream of [process.stdout, process.stderr])
    await new Promise((resolve) => stream.write("", resolve));
  return process.exit(); // what an engine leaves running must not keep a finished command alive
}

/** A reader that has seen enough, such as `head`, is not an error. */
function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
