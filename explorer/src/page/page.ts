/** @file What every view gets: the page's state, the model, and the ways to change them. */
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { ScoreResult } from "induction-lens/browser";
import { Stopped, type Engine } from "../engine/client.ts";
import type { ModelFacts, RequestName, Requests } from "../engine/protocol.ts";
import type { ChosenFiles } from "./files.ts";
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
  /** Opens the model in files that the page has. */
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

export interface Answered<Answer> {
  /** The last answer, also while the next one is on its way. */
  readonly answer: Answer | null;
  readonly busy: boolean;
  readonly error: string | null;
  /** What the engine is doing, with its share done. */
  readonly step: { readonly words: string; readonly share: number } | null;
}

/** Asks the engine again whenever `args` change; null asks nothing. A question that nobody waits for any more is stopped. */
export function useAnswer<Name extends RequestName>(
  engine: Engine | null,
  name: Name,
  args: Requests[Name]["args"] | null,
): Answered<Requests[Name]["answer"]> {
  type Answer = Requests[Name]["answer"];
  const nothing: Answered<Answer> = { answer: null, busy: false, error: null, step: null };
  const [state, set] = useState<Answered<Answer>>(nothing);
  const key = JSON.stringify(args);
  useEffect(() => set(nothing), [engine]);
  useEffect(() => {
    if (!engine || args === null) return;
    const stop = new AbortController();
    set((before) => ({ ...before, busy: true, error: null, step: null }));
    const progress = (words: string, done: number, total: number) =>
      set((before) => ({ ...before, step: { words, share: done / total } }));
    engine.ask(name, args, { signal: stop.signal, progress }).then(
      (answer) => set({ answer, busy: false, error: null, step: null }),
      (error: Error) => {
        if (!(error instanceof Stopped)) set({ ...nothing, error: error.message });
      },
    );
    return () => stop.abort();
  }, [engine, key]);
  return state;
}
