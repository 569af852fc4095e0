/** @file The engine's thread: answers the page's questions one after the other, so that the page never waits for it. */
import { AbortError, throwIfAborted } from "induction-lens/browser";
import type { FromWorker, ToWorker } from "./protocol.ts";
import type { AnswerOptions } from "./answerOptions.ts";
import { answers } from "./answers.ts";
import { Held } from "./held.ts";

const held = new Held();
const stops = new Map<number, AbortController>();
const tell = (message: FromWorker, transfer: Transferable[] = []) =>
  postMessage(message, { transfer });

let last: Promise<void> = Promise.resolve();

onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "cancel") return stops.get(data.id)?.abort();
  stops.set(data.id, new AbortController());
  last = last.then(() => answer(data));
};

async function answer({ id, name, args }: Extract<ToWorker, { kind: "ask" }>): Promise<void> {
  const { signal } = stops.get(id)!;
  const options: AnswerOptions = {
    signal,
    progress: (step, done, total) => tell({ kind: "progress", id, step, done, total }),
    tellMemory: (need) => tell({ kind: "memory", id, need }),
    tell: (event) => tell({ kind: "told", id, event }),
  };
  try {
    throwIfAborted(signal);
    const given = await answers[name](args as never, held, options);
    tell({ kind: "done", id, answer: given }, buffersIn(given));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    tell({ kind: "failed", id, words, stopped: error instanceof AbortError });
  } finally {
    stops.delete(id);
  }
}

/** Arrays of an answer are handed over and not copied. */
function buffersIn(answer: object): ArrayBuffer[] {
  return Object.values(answer).flatMap((value) =>
    value instanceof Float32Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
  );
}
