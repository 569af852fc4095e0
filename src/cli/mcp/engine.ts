/** @file The process that computes for the server, one call at a time; so that the server hears its client meanwhile. */
import { toText } from "../../studies/views.ts";
import { loadCommands } from "../commands.ts";
import { endWithParent } from "../endWithParent.ts";
import { explain } from "../exit.ts";
import { carryOut } from "../program.ts";
import type { Answer, FromEngine, ToEngine, ToolCall } from "./messages.ts";

const WIDTH = 100;

let stop = new AbortController();

endWithParent(); // the server
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined); // the server's to tell
process.on("message", (message: ToEngine) => {
  if ("stop" in message) return stop.abort("cancelled");
  stop = new AbortController();
  answer(message.call, stop.signal).then(
    (done) => say({ done }),
    (error: unknown) => say({ failed: explain(error) }),
  );
});

function say(message: FromEngine): void {
  process.send?.(message);
}

async function answer(call: ToolCall, signal: AbortSignal): Promise<Answer> {
  let [output, notes] = ["", ""];
  await carryOut(await loadCommands(), call, {
    ...{ signal, command: call.command },
    progress: (step, done, total) => say({ progress: [step, done, total] }),
    stdout: {
      isTTY: false,
      write: (text: string | Uint8Array) => ((output += String(text)), true),
    },
    stderr: {
      isTTY: false,
      write: (text: string) => ((notes += text), true),
    } as NodeJS.WriteStream,
    exit: () => undefined,
  });
  const result = JSON.parse(output) as Answer["result"];
  return { result, text: (await toText(result, { width: WIDTH })) + notes };
}
