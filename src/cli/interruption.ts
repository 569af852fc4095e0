import type { FromSupervisor } from "./messages.ts";

/**
 * A signal that aborts when the supervisor asks to stop; between two runs the work then ends by itself.
 *
 * Ctrl-C in a terminal reaches every process of the group, so that here it has to be ignored: the supervisor passes it on.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => undefined);
  process.on("message", (message: FromSupervisor) => {
    if (message === "stop") controller.abort("stopped");
  });
  return controller.signal;
}
