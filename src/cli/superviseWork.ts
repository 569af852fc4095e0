/**
 * @file Runs a command in a process of its own. An engine blocks its thread for as long as it computes, and a weight file
 * that is cut short while it is mapped ends the process; so somebody else has to listen to signals and tidy up.
 */
import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { AbortError, InputError, UnableError } from "../base/errors.ts";
import { exitCodeOf, explain } from "./exit.ts";
import type { EngineFlags } from "./flags/partFlags.ts";
import { forkWork } from "./forkWork.ts";
import type { FromSupervisor, FromWork, Invocation } from "./messages.ts";

/** Time that the work has to stop by itself before it is ended. */
const PATIENCE_MS = 1200;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const SHOW_CURSOR = "\u001b[?25h";

/** Has a command carried out to its end and returns its exit code. */
export async function superviseWork(invocation: Invocation): Promise<number> {
  const words = process.argv.slice(2); // the work reads its message; these are for lists of processes, and for the frame
  const { memory } = invocation.flags as EngineFlags;
  const child = forkWork(new URL("./work.js", import.meta.url), words, { memory });
  child.send(invocation, () => undefined);
  const temporaries = new Set<string>();
  let stopWords = "stopped";
  child.on("message", (message: FromWork) => {
    if ("temporary" in message) temporaries.add(message.temporary);
    else stopWords = `stopped, ${message.resumeHint}`;
  });
  const stop = stopOnSignal(child);
  const { code, signal } = await exitOf(child);
  if (code !== null) return code === 0 ? 0 : (stop.code() ?? code);
  for (const path of temporaries) rmSync(path, { force: true });
  if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR); // a progress bar may have hidden it
  const error = stop.code() === null ? deathBy(signal) : new AbortError(stopWords);
  process.stderr.write(`${explain(error)}\n`);
  return stop.code() ?? exitCodeOf(error);
}

/** Passes the first signal on, and ends the work if that takes too long or at the second signal. */
function stopOnSignal(child: ChildProcess): { readonly code: () => number | null } {
  let code: number | null = null;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (code !== null) child.kill("SIGKILL");
      code = EXIT_CODES[signal];
      if (child.connected) child.send("stop" satisfies FromSupervisor, () => undefined);
      setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS).unref();
    });
  }
  return { code: () => code };
}

function exitOf(child: ChildProcess) {
  return new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** Why a process that computes ended by itself. */
export function deathBy(signal: NodeJS.Signals | null): Error {
  if (signal === "SIGBUS")
    return new InputError(
      "file",
      "a weight file must not change while it is in use, it was cut short",
    );
  if (signal === "SIGKILL")
    return new UnableError("the engine was killed, as systems do when memory runs out");
  return new Error(`internal: the engine ended with ${signal}`);
}
