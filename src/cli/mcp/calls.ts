/** @file Calls one after the other, in a process that lasts from call to call and is replaced when it ends. */
import type { ChildProcess } from "node:child_process";
import { AbortError, UnableError } from "../../base/errors.ts";
import type { Progress } from "../../base/progress.ts";
import { forkWork } from "../forkWork.ts";
import { deathBy } from "../superviseWork.ts";
import type { Answer, FromEngine, ToEngine, ToolCall } from "./messages.ts";

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface Calls {
  /**
   * Waits for calls before it, since each takes all of the engine.
   *
   * @throws {AbortError} once its signal is aborted
   * @throws {UnableError} with the sentence of what failed
   */
  call(invocation: ToolCall, options: CallOptions): Promise<Answer>;
  end(): void;
}

/** Time that a run has to stop by itself. */
const PATIENCE_MS = 1200;

/**
 * @param home the folder in which calls run
 * @param memory what their process may take; left out: nobody said
 */
export function callsIn(home: string, memory?: number): Calls {
  let child: ChildProcess | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const running = () => {
    if (child?.connected) return child;
    const fresh = forkWork(new URL("./engine.js", import.meta.url), [], {
      ...{ cwd: home, memory },
      stdio: ["ignore", "ignore", "inherit", "ipc"], // standard output is the protocol's
    });
    fresh.once("exit", () => {
      if (child === fresh) child = null;
    });
    return (child = fresh);
  };
  return {
    call(invocation, options) {
      const next = last.then(() => callOn(running, invocation, options));
      last = next.catch(() => undefined);
      return next;
    },
    end: () => child?.kill("SIGKILL"),
  };
}

async function callOn(
  running: () => ChildProcess,
  call: ToolCall,
  { signal, progress }: CallOptions,
): Promise<Answer> {
  if (signal.aborted) throw new AbortError("cancelled");
  const child = running();
  const send = (message: ToEngine) => child.send(message, () => undefined);
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    send({ stop: true });
    killing = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  };
  signal.addEventListener("abort", stop);
  const outcome = outcomeOf(child, progress);
  send({ call });
  try {
    return await outcome;
  } catch (error) {
    throw signal.aborted ? new AbortError("cancelled") : error;
  } finally {
    clearTimeout(killing);
    signal.removeEventListener("abort", stop);
  }
}

function outcomeOf(child: ChildProcess, progress: Progress): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const died = (_: number | null, by: NodeJS.Signals | null) => settle(() => reject(deathBy(by)));
    const hear = (message: FromEngine) => {
      if ("progress" in message) progress(...message.progress);
      else if ("done" in message) settle(() => resolve(message.done));
      else settle(() => reject(new UnableError(message.failed)));
    };
    const settle = (act: () => void) => {
      child.off("exit", died);
      child.off("message", hear);
      act();
    };
    child.on("exit", died);
    child.on("message", hear);
  });
}
