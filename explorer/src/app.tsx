import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { NamedResult } from "induction-lens/report";
import type { Engine } from "./engine/client.ts";
import { Panes } from "./page/beside.tsx";
import { useModel } from "./page/model.ts";
import { useToken, withHead } from "./page/shownModel.ts";
import { Opening, opensNow } from "./page/opening.tsx";
import { ModelPanel } from "./page/modelPanel.tsx";
import type { ChosenFiles } from "./page/files.ts";
import { useDark } from "./page/useDark.ts";
import { useInspected } from "./page/useInspected.ts";
import { useVerdict } from "./page/verdict.ts";
import { PageContext, usePageState, type Page } from "./page/page.ts";
import { TopBar } from "./page/topBar.tsx";
import { VIEW_TITLES, ViewBar } from "./page/viewBar.tsx";
import { lazyView, prefetchViews, type View } from "./page/lazyView.tsx";
import { NEW_MODEL, shortName, type PageState, type ViewName } from "./page/address.ts";
import { STORED } from "./page/storedResults.ts";
import { StartView } from "./views/start/startView.tsx";

/** The view that the page opens on comes with it, the others when somebody goes there. */
const VIEW_OF: Readonly<Record<Exclude<ViewName, "lab">, View>> = {
  start: StartView,
  heads: lazyView(async () => (await import("./views/heads/headsView.tsx")).HeadsView),
  learn: lazyView(async () => (await import("./views/learn/learnView.tsx")).LearnView),
  attention: lazyView(
    async () => (await import("./views/attention/attentionView.tsx")).AttentionView,
  ),
  surgery: lazyView(async () => (await import("./views/surgery/surgeryView.tsx")).SurgeryView),
};

/** What stands in place of a model that is not there. */
const NeedsModel = lazyView(async () => (await import("./views/stored/needsModel.tsx")).NeedsModel);

/** In place of all views but the Lab, of a model that is no decoder. */
const Stacks = lazyView(async () => (await import("./views/stacks/stacksView.tsx")).StacksView);

const LazyResult = lazyView(async () => (await import("./views/result/resultView.tsx")).ResultView);

const Lab = lazyView(async () => (await import("./views/lab/labView.tsx")).LabView);

/** The page: one model, one head, one sequence, and five views of them. */
export function App() {
  const { page, model, result, closeResult, ...sources } = useOnePage();
  const { view } = page.state;
  const Shown = view === "lab" ? null : VIEW_OF[view];
  const inLab = view === "lab";
  useEffect(() => {
    if (page.live) void prefetchAll(page.engine);
  }, [page.live, page.engine]);
  const waits = needsModel(view) && page.score !== null && model.failed && !page.engine;
  const [labVisited, visitLab] = useState(inLab); // a run goes on while the reader looks elsewhere
  useEffect(() => {
    if (inLab) visitLab(true);
  }, [inLab]);
  return (
    <PageContext.Provider value={page}>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the view
      </a>
      <TopBar />
      <ViewBar />
      <main id="main" tabIndex={-1}>
        <ModelPanel model={model} {...sources} />
        {result && <LazyResult entry={result} close={closeResult} />}
        {waits && <NeedsModel />}
        {Shown && page.score && !waits && <Panes key={view} View={Shown} />}
        {Shown && page.stacks && <Stacks />}
        {Shown && opensNow(model) && <Opening model={model} />}
        {(inLab || labVisited) && (
          <div hidden={!inLab}>
            <Lab />
          </div>
        )}
      </main>
      <p class="heard" role="log">
        {sources.announcement}
      </p>
    </PageContext.Provider>
  );
}

/** Fetches what views and rare questions need, so that all goes on when the command has ended. */
async function prefetchAll(engine: Engine | null): Promise<void> {
  await prefetchViews();
  await prefetchDrawing().catch(() => undefined);
  await engine?.ask("prefetch", {}).catch(() => undefined);
}

/** What draws the circuit of a verdict, and the files that are downloaded. */
async function prefetchDrawing(): Promise<void> {
  const { circuitPicture } = await import("./export/files.ts");
  await (await circuitPicture(STORED.verdict))?.draw();
}

/** Views that compute with the model: stored Results are not enough for them. */
function needsModel(view: ViewName): boolean {
  return view !== "heads" && view !== "lab";
}

/** The tab's title names the view and the model, so that tabs and a history can be told apart. */
function useTitle(view: ViewName, model: string) {
  useEffect(() => {
    document.title = `${VIEW_TITLES[view].name}: ${shortName(model)} – induction-lens`;
  }, [view, model]);
}

function skip(event: Event) {
  event.preventDefault();
  document.getElementById("main")!.focus();
}

/** The state as it is of this model: while another is asked for, the last that was of this one, in the view that is open. */
function useStateOf(model: string, state: PageState): PageState {
  const last = useRef(state);
  if (state.model === model) last.current = state;
  const { view, lesson, theme, size } = state;
  return useMemo(
    () =>
      state.model === model ? state : { ...last.current, model, ...{ view, lesson, theme, size } },
    [model, state],
  );
}

/** What views get, and where models come from. */
function useOnePage() {
  const [state, change] = usePageState();
  const [chosen, choose] = useState<ReadonlyMap<string, ChosenFiles>>(new Map());
  const [allowed, allow] = useState<string | null>(null);
  const [trusted, trustModel] = useState<string | null>(null);
  const [announcement, announce] = useState("");
  const [running, run] = useState<string | null>(null);
  const openName = running ?? state.model; // another model waits until the verdict is there or the reader ends it
  const model = useModel(openName, chosen.get(openName) ?? null, {
    allowed,
    trusted,
    device: state.device,
  });
  const verdict = useVerdict(model, running, run);
  const dark = useDark(state.theme);
  const stayed = useStateOf(openName, state);
  const within = useMemo(() => withHead(stayed, model), [stayed, model]);
  const [result, showResult] = useState<NamedResult | null>(null);
  const { open, refusal, forgive } = useInspected((files) => {
    const name = `files:${files.id}`;
    choose((before) => new Map([...before, [name, files]]));
    change({ model: name, ...NEW_MODEL }, "new");
  }, showResult);
  const fetchFromHub = (name: string) => {
    const hubName = `hub:${name}`;
    allow(hubName);
    if (hubName !== state.model) change({ model: hubName, ...NEW_MODEL }, "new");
  };
  const [lessonsDone, addLesson] = useState<ReadonlySet<number>>(new Set());
  const finishLesson = useCallback(
    (lesson: number) => addLesson((before) => new Set([...before, lesson])),
    [],
  );
  const { engine, facts, score, stacks, live } = model;
  const token = useToken(facts, state.ids);
  useTitle(state.view, facts?.id ?? openName);
  const page: Page = {
    state: within,
    ...{ change, engine, facts, score, stacks, live, verdict, dark, token, open, announce },
    ...{ lessonsDone, finishLesson, pane: "" },
    filesOf: (name) => chosen.get(name) ?? null,
    trusted,
  };
  const mayFetch = allowed === state.model;
  const trust = () => trustModel(openName);
  const stay = () => change(stayed);
  const choices = { wantedModel: state.model, stay, mayFetch, refusal, forgive };
  const sources = { ...choices, fetchFromHub, trust };
  return { page, model, ...sources, announcement, result, closeResult: () => showResult(null) };
}
