import { Interrupted } from "../base/errors.ts";
import { explain } from "./exit.ts";

/** Time that the work has to stop by itself, between two runs, before the process ends. */
const PATIENCE_MS = 1500;

/** A signal that Ctrl-C (or a request to terminate) aborts. Files appear only when they are whole, so ending is safe. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const stop = (code: number) => () => {
    if (controller.signal.aborted) process.exit(code);
    controller.abort();
    setTimeout(() => {
      process.stderr.write(`${explain(new Interrupted("stopped"))}\n`);
      process.exit(code);
    }, PATIENCE_MS).unref();
  };
  process.on("SIGINT", stop(130));
  process.on("SIGTERM", stop(143));
  return controller.signal;
}
