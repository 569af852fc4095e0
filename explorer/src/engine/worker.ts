/** @file The engine's thread: answers the page's questions one at a time, short ones between two runs of a long one. */
import { AbortError, InputError, throwIfAborted } from "induction-lens/browser";
import type { FromWorker, Requests, ToWorker } from "./protocol.ts";
import type { AnswerOptions } from "./answerOptions.ts";
import { answers } from "./answers.ts";
import { givingWay } from "./givingWay.ts";
import { Held } from "./held.ts";
import { messagesIn, Turns } from "./turns.ts";

const state = new Held();
const stops = new Map<number, AbortController>();
const tell = (message: FromWorker, transfer: Transferable[] = []) =>
  postMessage(message, { transfer });

const turns = new Turns();

onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "cancel") return stops.get(data.id)?.abort();
  stops.set(data.id, new AbortController());
  const long = isLong(data);
  turns.add(() => answer(data, long ? () => turns.letPass() : messagesIn), long);
};

/** Questions that take many runs; the others take a few. */
function isLong({ name, args }: AskMessage): boolean {
  if (name === "cut") return ((args as Requests["cut"]["args"]).times ?? 1) > 1;
  return (
    name === "verdict" ||
    name === "score" ||
    name === "scoreStacks" ||
    name === "train" ||
    name === "open"
  );
}

type AskMessage = Extract<ToWorker, { kind: "ask" }>;

async function answer(
  { id, name, args }: AskMessage,
  letPass: AnswerOptions["letPass"],
): Promise<void> {
  const { signal } = stops.get(id)!;
  const options: AnswerOptions = {
    signal,
    progress: (step, done, total) => tell({ kind: "progress", id, step, done, total }),
    tellMemory: (need) => tell({ kind: "memory", id, need }),
    tellShape: (shape) => tell({ kind: "shape", id, shape }),
    tell: (event) => tell({ kind: "told", id, event }),
    tellSoFar: (partly) => tell({ kind: "soFar", id, answer: partly }),
    letPass,
    givingWay: (backend) => givingWay(backend, turns),
  };
  try {
    throwIfAborted(signal);
    const reply = await answers[name](args as never, state, options);
    tell({ kind: "done", id, answer: reply }, buffersIn(reply));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const option = error instanceof InputError ? (error.option ?? null) : null;
    tell({ kind: "failed", id, words, stopped: error instanceof AbortError, option });
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
