/** @file The page's side of the engine's thread. */
import type {
  FromWorker,
  LabEvent,
  MemoryNeed,
  RequestName,
  Requests,
  ShapeFacts,
  ToWorker,
} from "./protocol.ts";

export interface AskOptions<Answer = never> {
  readonly signal?: AbortSignal;
  readonly progress?: (step: string, done: number, total: number) => void;
  /** What opening a model will take, once its size is known. */
  readonly memory?: (need: MemoryNeed) => void;
  /** What the model is that is being opened. */
  readonly shape?: (shape: ShapeFacts) => void;
  /** The answer as far as it is known. */
  readonly soFar?: (answer: Answer) => void;
  /** What a training run tells on its way. */
  readonly onEvent?: (event: LabEvent) => void;
}

/** Questions to one engine thread, which answers them one after the other; the same one asked twice at once is one. */
export interface Engine {
  /** @throws {Stopped} once `signal` is aborted or the engine is closed; {Failed} with words for the reader */
  ask<Name extends RequestName>(
    name: Name,
    args: Requests[Name]["args"],
    options?: AskOptions<Requests[Name]["answer"]>,
  ): Promise<Requests[Name]["answer"]>;
  /** Ends the thread and gives back its memory, which WASM never does by itself. */
  close(): void;
}

/** Nobody waits for the answer any more. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** The engine did not do what it was asked for. */
export class Failed extends Error {
  override readonly name = "Failed";
  /** The option that would change it; null: none would. */
  readonly option: string | null;

  constructor(words: string, option: string | null = null) {
    super(words);
    this.option = option;
  }
}

/** Whether the reader could say that the declared architecture of a model holds, which has code of its own. */
export const needsTrust = (error: unknown) =>
  error instanceof Failed && error.option === "trustArchitecture";

interface Waiter extends AskOptions {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** A question on its way, and everybody who waits for its answer. */
interface Question {
  /** What is asked; null: an answer that only one can wait for. */
  readonly key: string | null;
  readonly waiters: Set<Waiter>;
}

/** Questions that several parts of the page ask at once; the same words have the same answer. */
const SHARED: ReadonlySet<RequestName> = new Set([
  "sequence",
  "example",
  "look",
  "lookStacks",
  "values",
  "cut",
  "mostChanged",
]);

export function openEngine(): Engine {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const questions = new Map<number, Question>();
  const tell = (message: ToWorker) => worker.postMessage(message);
  const failAll = (error: Error) => {
    for (const { waiters } of questions.values()) for (const { reject } of waiters) reject(error);
    questions.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    const question = questions.get(data.id);
    if (!question) return;
    if (data.kind === "done" || data.kind === "failed") questions.delete(data.id);
    for (const waiter of question.waiters) hear(waiter, data);
  };
  worker.onerror = () => failAll(new Failed("the engine did not start in this browser"));
  let count = 0;
  /** Asks, or joins those who wait for the same. */
  const join = (waiter: Waiter, name: RequestName, args: Requests[RequestName]["args"]) => {
    const key = SHARED.has(name) ? JSON.stringify([name, args]) : null;
    for (const [id, question] of questions)
      if (key !== null && question.key === key)
        return { id, waiters: question.waiters.add(waiter) };
    const id = ++count;
    const waiters = new Set([waiter]);
    questions.set(id, { key, waiters });
    tell({ kind: "ask", id, name, args });
    return { id, waiters };
  };
  return {
    ask: (name, args, options = {}) =>
      new Promise((resolve, reject) => {
        if (options.signal?.aborted) return reject(new Stopped("stopped"));
        const waiter = { ...options, resolve, reject };
        const { id, waiters } = join(waiter, name, args);
        options.signal?.addEventListener("abort", () => {
          reject(new Stopped("stopped"));
          waiters.delete(waiter);
          if (waiters.size === 0 && questions.delete(id)) tell({ kind: "cancel", id });
        });
      }),
    close: () => {
      worker.terminate();
      failAll(new Stopped("the engine was closed"));
    },
  };
}

/** Hands on what came back from the thread. */
function hear(waiter: Waiter, data: FromWorker): void {
  if (data.kind === "progress") return waiter.progress?.(data.step, data.done, data.total);
  if (data.kind === "memory") return waiter.memory?.(data.need);
  if (data.kind === "shape") return waiter.shape?.(data.shape);
  if (data.kind === "soFar") return waiter.soFar?.(data.answer as never);
  if (data.kind === "told") return waiter.onEvent?.(data.event);
  if (data.kind === "done") return waiter.resolve(data.answer as never);
  waiter.reject(data.stopped ? new Stopped(data.words) : new Failed(data.words, data.option));
}
