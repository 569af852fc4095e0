import { CommanderError } from "commander";
import { InputError } from "../base/errors.ts";
import { exitCodeOf, explain } from "./exit.ts";

/** Waits for `work`, says what went wrong, and ends the process with the exit code that fits. */
export async function exitAfter(work: Promise<unknown>): Promise<never> {
  const faults = streamFaults();
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CommanderError)) process.stderr.write(`${explain(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
  await new Promise((resolve) => setImmediate(resolve)); // what could not be written is told a turn later
  for (const stream of [process.stdout, process.stderr])
    if (stream.writableLength > 0) await new Promise((resolve) => stream.write("", resolve));
  if (faults.length > 0 && !process.exitCode) process.exitCode = 2;
  return process.exit(); // what an engine leaves running must not keep a finished command alive
}

/**
 * What could not be printed, as on a full disk, is said once, and the work goes on: its files may be elsewhere. A reader that has
 * seen enough, such as `head`, is not an error.
 */
function streamFaults(): readonly Error[] {
  const faults: Error[] = [];
  process.stderr.on("error", () => undefined); // there is nowhere left to say it
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || faults.push(error) > 1) return;
    const message = `standard output could not be written: ${error.message}`;
    process.stderr.write(`${explain(new InputError("output", message))}\n`);
  });
  return faults;
}
