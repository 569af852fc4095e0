/** @file Opens the model of the page's state in an engine thread of its own, and scores it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ScoreResult, StacksResult } from "induction-lens/browser";
import { needsTrust, openEngine, Stopped, type AskOptions, type Engine } from "../engine/client.ts";
import { memoryWords } from "../engine/memoryWords.ts";
import type {
  DeviceName,
  MemoryNeed,
  ModelFacts,
  ModelSource,
  ShapeFacts,
} from "../engine/protocol.ts";
import { shortName } from "./address.ts";
import type { ChosenFiles } from "./files.ts";
import { SHARED, storedScore } from "./storedResults.ts";
import { timeLeft } from "./timeLeft.ts";

export interface ModelState {
  /** The model of the page's state that this is about. */
  readonly name: string;
  readonly engine: Engine | null;
  readonly facts: ModelFacts | null;
  readonly score: ScoreResult | null;
  /** In its place for encoders and models of several stacks. */
  readonly stacks: StacksResult | null;
  readonly live: boolean;
  /** What the model is that is being opened, as soon as its files say so. */
  readonly shape: ShapeFacts | null;
  readonly status: string;
  /** What is going on now, part of the status. */
  readonly step: string;
  /** Share of the step that is done; null where nothing is going on. */
  readonly share: number | null;
  /** How long the step still takes, in words; empty while that cannot be told. */
  readonly left: string;
  readonly failed: boolean;
  /** Whether it was refused because it has code of its own, and opens once the reader says that the declared architecture holds. */
  readonly needsTrust: boolean;
}

const EMPTY: Omit<ModelState, "name"> = {
  engine: null,
  facts: null,
  score: null,
  stacks: null,
  live: false,
  shape: null,
  status: "",
  step: "",
  share: null,
  left: "",
  failed: false,
  needsTrust: false,
};

/** What the reader allowed, each of one model, and what is to compute. */
interface Wishes {
  /** The model of the hub that may be fetched: a link alone asks nobody else for anything. */
  readonly allowed: string | null;
  /** The model with code of its own that is of the architecture that it declares. */
  readonly trusted: string | null;
  readonly device: DeviceName;
}

/** Another name, or another device, ends the thread of the model before it, which gives its memory back. */
export function useModel(name: string, chosen: ChosenFiles | null, wishes: Wishes) {
  const { allowed, trusted, device } = wishes;
  const [state, set] = useState<ModelState>(() => beginning(name));
  const stop = useRef<AbortController | null>(null);
  const files = name.startsWith("files:") ? chosen : null;
  const mayFetch = name === allowed;
  const isTrusted = name === trusted;
  useEffect(() => {
    const source = sourceOf(name, files, { mayFetch, isTrusted });
    if (typeof source === "string") return set(waiting(name, source));
    const engine = openEngine();
    const stopping = new AbortController();
    stop.current = stopping;
    const { signal } = stopping;
    set(beginning(name));
    const lead = leadOf(name);
    let need = "";
    const update = (part: Partial<ModelState>) => set((before) => ({ ...before, ...part }));
    const leftOf = timeLeft();
    const progress = (step: string, done: number, total: number) => {
      const share = done / total;
      const words = sentence(step);
      update({ status: `${lead}${need}${words}`, step: words, share, left: leftOf(step, share) });
    };
    const memory = (of: MemoryNeed) => {
      const how = of.inPieces ? ": it runs in pieces, each loaded in turn" : "";
      need = `This needs about ${memoryWords(of)}${how}. `;
      update({ status: `${lead}${need}`, share: 0 });
    };
    const shape = (known: ShapeFacts) => update({ shape: known });
    const soFar = (score: ScoreResult) => update({ score: storedScore(name) ?? score });
    const work = async () => {
      const facts = await engine.ask(
        "open",
        { source, device },
        { signal, progress, memory, shape },
      );
      update({ facts, engine });
      const measured = await scoresOf(engine, facts, { signal, progress, soFar });
      const status = `Live numbers: ${facts.engine}.`;
      set({ ...EMPTY, name, engine, facts, ...measured, live: true, status, share: null });
    };
    work().catch((error: Error) => {
      if (signal.aborted && stop.current !== stopping) return;
      const isStopped = error instanceof Stopped;
      if (isStopped) engine.close();
      update({ ...failure(name, error), ...(isStopped && { engine: null }) });
    });
    return () => {
      stop.current = null;
      stopping.abort();
      engine.close();
    };
  }, [name, files, mayFetch, isTrusted, device]);
  const current = state.name === name ? state : beginning(name);
  return { ...current, cancel: () => stop.current?.abort() };
}

/** What is left once a model could not be opened or measured. */
function failure(name: string, error: Error): Partial<ModelState> {
  const words =
    error instanceof Stopped ? "Stopped." : `This model could not be measured: ${error.message}.`;
  return {
    score: storedScore(name),
    status: `${leadOf(name)}${words}`,
    share: null,
    failed: true,
    needsTrust: needsTrust(error),
  };
}

/** Before what the status says: that there are numbers already. */
function leadOf(name: string): string {
  return storedScore(name) ? "Stored numbers. " : "";
}

/** What is scored of a model of its kind. */
async function scoresOf(
  engine: Engine,
  { kind }: ModelFacts,
  options: AskOptions<ScoreResult>,
): Promise<Partial<Pick<ModelState, "score" | "stacks">>> {
  const { soFar: _, ...others } = options;
  return kind === "stacks"
    ? { stacks: await engine.ask("scoreStacks", {}, others) }
    : { score: await engine.ask("score", {}, options) };
}

/** Before there is an engine: stored numbers, and what the model is waited for. */
function waiting(name: string, source: string): ModelState {
  const status = waitingWords(name, source);
  return { ...EMPTY, name, score: storedScore(name), status, failed: true };
}

/** What a model is waited for, in words. */
function waitingWords(name: string, source: string): string {
  const short = shortName(name);
  if (name === SHARED?.model)
    return `Stored numbers of ${short}, made by the command line. To use the model itself, ${name.startsWith("hub:") ? "fetch it" : "choose its files"}.`;
  if (name.startsWith("files:") && isReload())
    return `A reload forgets files. Choose ${short} again.`;
  return `The link is about ${short}, ${source}`;
}

const FILES_WANTED = "a file of the reader who made it. Choose the file to continue.";
/** After a reload it is the reader's own. */
const isReload = () =>
  performance
    .getEntriesByType("navigation")
    .some((entry) => (entry as PerformanceNavigationTiming).type === "reload");
const HUB_WANTED = "a model of the hub, huggingface.co. It comes from there once you say so.";

function beginning(name: string): ModelState {
  const step = "Loading the engine";
  const status = `${leadOf(name)}${step}`;
  return { ...EMPTY, name, score: storedScore(name), status, step, share: 0 };
}

/** Where the model comes from, or in words what it waits for. */
function sourceOf(
  name: string,
  files: ChosenFiles | null,
  { mayFetch, isTrusted }: { readonly mayFetch: boolean; readonly isTrusted: boolean },
): ModelSource | string {
  const base = new URL(".", location.href).href;
  if (name === "served") return { kind: "served", base, trustArchitecture: isTrusted };
  if (name.startsWith("hub:"))
    return mayFetch
      ? { kind: "hub", name: name.slice("hub:".length), trustArchitecture: isTrusted }
      : HUB_WANTED;
  if (!name.startsWith("files:")) return { kind: "named", name, base };
  return files ? { kind: "files", trustArchitecture: isTrusted, ...files } : FILES_WANTED;
}

function sentence(step: string): string {
  return step.charAt(0).toUpperCase() + step.slice(1);
}
