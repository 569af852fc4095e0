import { useEffect, useMemo, useState } from "preact/hooks";
import { useModel } from "./page/model.ts";
import { ModelPanel } from "./page/modelPanel.tsx";
import type { ChosenFiles } from "./page/files.ts";
import { PageContext, usePageState, type Page } from "./page/page.ts";
import { TopBar } from "./page/topBar.tsx";
import { ViewBar } from "./page/viewBar.tsx";
import { lazyView } from "./page/lazyView.tsx";
import type { ViewName } from "./page/address.ts";
import { HeadsView } from "./views/heads/headsView.tsx";

/** The view that the page opens on comes with it, the others when somebody goes there. */
const VIEW_OF: Readonly<Record<Exclude<ViewName, "lab">, () => preact.JSX.Element>> = {
  heads: HeadsView,
  learn: lazyView(async () => (await import("./views/learn/learnView.tsx")).LearnView),
  attention: lazyView(
    async () => (await import("./views/attention/attentionView.tsx")).AttentionView,
  ),
  surgery: lazyView(async () => (await import("./views/surgery/surgeryView.tsx")).SurgeryView),
};

const Lab = lazyView(async () => (await import("./views/lab/labView.tsx")).LabView);

/** The page: one model, one head, one sequence, and five views of them. */
export function App() {
  const [state, change] = usePageState();
  const [chosen, choose] = useState<ChosenFiles | null>(null);
  const [allowed, allow] = useState<string | null>(null);
  const [said, announce] = useState("");
  const model = useModel(state.model, chosen, allowed);
  const { engine, facts, score, live } = model;
  const dark = isDark(state.theme);
  const within = useMemo(() => {
    const layers = facts?.layers ?? score?.model.layers;
    const heads = facts?.heads ?? score?.model.heads;
    if (layers === undefined || heads === undefined) return state;
    if (state.layer < layers && state.head < heads) return state;
    const { layer, head } = score?.top[0] ?? { layer: 0, head: 0 };
    return { ...state, layer, head };
  }, [state, facts, score]);
  const open = (files: ChosenFiles) => {
    choose(files);
    change({ model: `files:${files.id}`, edits: [], token: null, text: null }, "new");
  };
  const fetchFromHub = (name: string) => {
    const wanted = `hub:${name}`;
    allow(wanted);
    if (wanted !== state.model)
      change({ model: wanted, edits: [], token: null, text: null }, "new");
  };
  const page: Page = { state: within, change, engine, facts, score, live, dark, open, announce };
  const View = state.view === "lab" ? null : VIEW_OF[state.view];
  const inLab = state.view === "lab";
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
        <ModelPanel model={model} mayFetch={allowed === state.model} {...{ fetchFromHub }} />
        {View && score && <View key={state.view} />}
        {(inLab || labVisited) && (
          <div hidden={!inLab}>
            <Lab />
          </div>
        )}
      </main>
      <p class="heard" role="log">
        {said}
      </p>
    </PageContext.Provider>
  );
}

function skip(event: Event) {
  event.preventDefault();
  document.getElementById("main")!.focus();
}

function isDark(theme: string): boolean {
  if (theme === "system") return matchMedia("(prefers-color-scheme: dark)").matches;
  return theme !== "light";
}
