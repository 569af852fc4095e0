/** @file What every view gets: the page's state, the model, and the ways to change them. */
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { ScoreResult } from "induction-lens/browser";
import { Stopped, type Engine } from "../engine/client.ts";
import type { ModelFacts, RequestName, Requests } from "../engine/protocol.ts";
import type { ChosenFiles } from "./files.ts";
import type { VerdictRun } from "./verdict.ts";
import { readState, stateHash, type PageState } from "./address.ts";

export interface Page {
  readonly state: PageState;
  /** `new`: the browser's back button leads to where the reader was. */
  readonly change: (part: Partial<PageState>, entry?: "same" | "new") => void;
  /** Null until the model is open, and after it could not be opened. */
  readonly engine: Engine | null;
  readonly facts: ModelFacts | null;
  /** Scores of the model: stored ones first where there are some, then those of the page's engine. */
  readonly score: ScoreResult | null;
  readonly live: boolean;
  readonly dark: boolean;
  /** A token as people can read it: text as it is, numbers of a model without tokenizer as words where it has few. */
  readonly token: (piece: string) => string;
  /** The verdict on the open model, however the reader goes about the views. */
  readonly verdict: VerdictRun;
  /** Opens the model in files that the page has, once they look like one. */
  readonly open: (files: ChosenFiles) => void;
  /** Says something to who listens to the page. */
  readonly announce: (words: string) => void;
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  return useContext(PageContext)!;
}

/** The state of the address, both ways: a change is in the history before anything else can happen. */
export function usePageState() {
  const [state, set] = useState(() => readState(location.hash));
  const current = useRef(state);
  const show = (next: PageState) => {
    current.current = next;
    set(next);
  };
  useEffect(() => {
    history.replaceState(null, "", stateHash(current.current));
    const follow = () => show(readState(location.hash));
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  useEffect(() => {
    document.documentElement.dataset["theme"] = state.theme;
    document.documentElement.style.fontSize = `${state.size}%`;
  }, [state.theme, state.size]);
  const change = (part: Partial<PageState>, entry: "same" | "new" = "same") => {
    const next = { ...current.current, ...part };
    const hash = stateHash(next);
    if (hash !== location.hash) {
      if (entry === "new") history.pushState(null, "", hash);
      else history.replaceState(null, "", hash);
    }
    show(next);
  };
  return [state, change] as const;
}

export interface Answered<Args, Answer> {
  /** The answer to what is asked now; null until it is there. */
  readonly answer: Answer | null;
  /** The last answer with what it answers, also while another question waits: shown as the earlier one or not at all. */
  readonly last: { readonly args: Args; readonly answer: Answer } | null;
  readonly busy: boolean;
  readonly error: string | null;
  /** What the engine is doing, with its share done. */
  readonly step: Step | null;
}

export interface Step {
  readonly words: string;
  readonly share: number;
}

/** What became of one question to one engine. */
interface Asked<Answer> {
  readonly engine: Engine | null;
  readonly key: string;
  readonly answer: Answer | null;
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
): Answered<Requests[Name]["args"], Requests[Name]["answer"]> {
  type Args = Requests[Name]["args"];
  type Answer = Requests[Name]["answer"];
  const key = JSON.stringify(args);
  const [asked, set] = useState<Asked<Answer>>(() => unanswered(engine, key));
  const [last, keep] = useState<{ engine: Engine; args: Args; answer: Answer } | null>(null);
  useEffect(() => {
    if (!engine || args === null) return;
    const stop = new AbortController();
    set(unanswered(engine, key));
    const progress = (words: string, done: number, total: number) =>
      set({ ...unanswered(engine, key), step: { words, share: done / total } });
    engine.ask(name, args, { signal: stop.signal, progress }).then(
      (answer) => {
        set({ ...unanswered(engine, key), answer });
        keep({ engine, args, answer });
      },
      (error: Error) => {
        if (!(error instanceof Stopped)) set({ ...unanswered(engine, key), error: error.message });
      },
    );
    return () => stop.abort();
  }, [engine, key]);
  const { answer, error, step } =
    asked.engine === engine && asked.key === key ? asked : unanswered(engine, key);
  const isAsked = engine !== null && args !== null;
  return {
    answer,
    last: last?.engine === engine ? last : null,
    busy: isAsked && answer === null && error === null,
    error,
    step,
  };
}

function unanswered(engine: Engine | null, key: string) {
  return { engine, key, answer: null, error: null, step: null };
}
