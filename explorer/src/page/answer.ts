/** @file Questions of a view to the engine, and the answer to what is asked now. */
import { useEffect, useState } from "preact/hooks";
import { Stopped, type Engine } from "../engine/client.ts";
import type { RequestName, Requests } from "../engine/protocol.ts";
import { timeLeft } from "./timeLeft.ts";

export interface AnswerState<Answer> {
  /** The answer to what is asked now; null until it is there. */
  readonly answer: Answer | null;
  /** What is known of it before; null where nothing is. */
  readonly soFar: Answer | null;
  readonly busy: boolean;
  readonly error: string | null;
  /** What the engine is doing, with its share done. */
  readonly step: Step | null;
}

export interface Step {
  /** As the engine calls it. */
  readonly name: string;
  /** `about 12 s left`; empty while that cannot be told. */
  readonly left: string;
  readonly words: string;
  readonly share: number;
}

/** What became of one question to one engine. */
interface QuestionState<Answer> {
  readonly engine: Engine | null;
  readonly key: string;
  readonly answer: Answer | null;
  readonly soFar: Answer | null;
  readonly error: string | null;
  readonly step: Step | null;
}

/**
 * Asks the engine again whenever `args` change; null asks nothing. A question that nobody waits for any more is stopped. An
 * answer is that of the question it was asked for, never of the one before.
 */
export function useAnswer<Name extends RequestName>(
  engine: Engine | null,
  name: Name,
  args: Requests[Name]["args"] | null,
): AnswerState<Requests[Name]["answer"]> {
  type Answer = Requests[Name]["answer"];
  const key = JSON.stringify(args);
  const [state, set] = useState<QuestionState<Answer>>(() => noAnswer(engine, key));
  useEffect(() => {
    if (!engine || args === null) return;
    const stop = new AbortController();
    set(noAnswer(engine, key));
    const leftOf = timeLeft();
    let partly: Answer | null = null;
    let last: Step | null = null;
    const tellSoFar = () => set({ ...noAnswer(engine, key), soFar: partly, step: last });
    const progress = (step: string, done: number, total: number) => {
      const share = done / total;
      const left = leftOf(step, share);
      const words = [step, left].filter(Boolean).join(", ");
      last = { name: step, left, words, share };
      tellSoFar();
    };
    const soFar = (answer: Answer) => {
      partly = answer;
      tellSoFar();
    };
    engine.ask(name, args, { signal: stop.signal, progress, soFar }).then(
      (answer) => set({ ...noAnswer(engine, key), answer }),
      (error: Error) => {
        if (!(error instanceof Stopped)) set({ ...noAnswer(engine, key), error: error.message });
      },
    );
    return () => stop.abort();
  }, [engine, key]);
  const { answer, soFar, error, step } =
    state.engine === engine && state.key === key ? state : noAnswer(engine, key);
  const isAsked = engine !== null && args !== null;
  return {
    answer,
    soFar,
    busy: isAsked && answer === null && error === null,
    error,
    step,
  };
}

function noAnswer(engine: Engine | null, key: string) {
  return { engine, key, answer: null, soFar: null, error: null, step: null };
}
