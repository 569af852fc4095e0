/** @file What every view gets: the page's state, the model, and the ways to change them. */
import { createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ScoreResult, StacksResult } from "induction-lens/browser";
import type { Engine } from "../engine/client.ts";
import type { ModelFacts } from "../engine/protocol.ts";
import type { ChosenFiles } from "./files.ts";
import type { VerdictRun } from "./verdict.ts";
import { readState, stateHash, type PageState } from "./address.ts";
import { SHARED } from "./storedResults.ts";

export interface Page {
  readonly state: PageState;
  /** `new`: the browser's back button leads to where the reader was. */
  readonly change: (part: Partial<PageState>, entry?: "same" | "new") => void;
  /** Null until the model is open, and after it could not be opened. */
  readonly engine: Engine | null;
  readonly facts: ModelFacts | null;
  /** Scores of the model: stored ones first where there are some, then those of the page's engine. */
  readonly score: ScoreResult | null;
  /** Scores of an encoder, or of a model of several stacks; it has no `score` then. */
  readonly stacks: StacksResult | null;
  readonly live: boolean;
  /** Before the ids of what stands beside the model; nothing before those of the model itself. */
  readonly pane: string;
  /** Files of a model that the reader opened on this visit. */
  readonly filesOf: (name: string) => ChosenFiles | null;
  /** The model with code of its own of which the reader said that it is of the architecture that it declares. */
  readonly trusted: string | null;
  readonly dark: boolean;
  /** A token as people can read it: text as it is, numbers of a model without tokenizer as words where it has few. */
  readonly token: (piece: string) => string;
  /** The verdict on the open model, however the reader goes about the views. */
  readonly verdict: VerdictRun;
  /** Opens the model in files that the page has, once they look like one. */
  readonly open: (files: ChosenFiles) => void;
  /** Lessons whose task the reader did on this visit, and one more of them. */
  readonly lessonsDone: ReadonlySet<number>;
  readonly finishLesson: (lesson: number) => void;
  /** Says something to whoever listens to the page. */
  readonly announce: (words: string) => void;
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  return useContext(PageContext)!;
}

/** Ids of headings in a pane, and what a part that such a heading names is labelled by: two panes are told apart. */
export function useHeading(name: string): { readonly id: string; readonly labelledBy: string } {
  const { pane } = usePage();
  const id = `${pane}${name}`;
  return { id, labelledBy: pane === "" ? id : `${pane}title ${id}` };
}

/** The state of the address, both ways: a change is in the history before anything else can happen. */
export function usePageState() {
  const [state, set] = useState(() => readState(location.hash || (SHARED?.at ?? "")));
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
  const isPresented = state.present && state.view === "learn";
  // before any effect that reads the colours of the theme, as canvases do
  useLayoutEffect(() => {
    const { dataset, style } = document.documentElement;
    dataset["theme"] = state.theme;
    dataset["present"] = String(isPresented);
    style.fontSize = isPresented ? "min(2vw, 3.6vh)" : `${state.size}%`;
  }, [state.theme, state.size, isPresented]);
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
