/** @file The page's side of the engine's thread. */
import type {
  FromWorker,
  LabEvent,
  MemoryNeed,
  RequestName,
  Requests,
  ToWorker,
} from "./protocol.ts";

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (step: string, done: number, total: number) => void;
  /** What opening a model will take, once its size is known. */
  readonly memory?: (need: MemoryNeed) => void;
  /** What a training run tells on its way. */
  readonly told?: (event: LabEvent) => void;
}

/** Questions to one engine thread, which answers them one after the other. */
export interface Engine {
  /** @throws {Stopped} once `signal` is aborted or the engine is closed; {Error} with words for the reader */
  ask<Name extends RequestName>(
    name: Name,
    args: Requests[Name]["args"],
    options?: AskOptions,
  ): Promise<Requests[Name]["answer"]>;
  /** Ends the thread and gives back its memory, which WASM never does by itself. */
  close(): void;
}

/** Nobody waits for the answer any more. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

interface Waiting extends AskOptions {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export function openEngine(): Engine {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, Waiting>();
  const tell = (message: ToWorker) => worker.postMessage(message);
  const failAll = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    const one = waiting.get(data.id);
    if (!one) return;
    if (data.kind === "progress") return one.progress?.(data.step, data.done, data.total);
    if (data.kind === "memory") return one.memory?.(data.need);
    if (data.kind === "told") return one.told?.(data.event);
    waiting.delete(data.id);
    if (data.kind === "done") one.resolve(data.answer as never);
    else one.reject(data.stopped ? new Stopped(data.words) : new Error(data.words));
  };
  worker.onerror = () => failAll(new Error("the engine did not start in this browser"));
  let count = 0;
  return {
    ask: (name, args, options = {}) =>
      new Promise((resolve, reject) => {
        if (options.signal?.aborted) return reject(new Stopped("stopped"));
        const id = ++count;
        waiting.set(id, { ...options, resolve, reject });
        tell({ kind: "ask", id, name, args });
        options.signal?.addEventListener("abort", () => {
          if (!waiting.delete(id)) return;
          tell({ kind: "cancel", id });
          reject(new Stopped("stopped"));
        });
      }),
    close: () => {
      worker.terminate();
      failAll(new Stopped("the engine was closed"));
    },
  };
}
