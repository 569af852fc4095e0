/** @file A second pane with the same view: another model, or the same one without the changes. What is chosen in one holds in both. */
import type { ComponentChildren } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { HeadEdit } from "induction-lens/browser";
import type { ModelFacts } from "../engine/protocol.ts";
import { headList } from "../parts/headWords.ts";
import { AS_TRAINED, shortName, type PageState, type ViewName } from "./address.ts";
import { useModel } from "./model.ts";
import { EMBEDDED } from "./embeddedModels.ts";
import type { View as ShownView } from "./lazyView.tsx";
import { PageContext, usePage, type Page } from "./page.ts";
import { useToken, withHead } from "./shownModel.ts";
import { useVerdict } from "./verdict.ts";

/** Views that can stand side by side. */
const SIDE_BY_SIDE: readonly ViewName[] = ["heads", "attention", "surgery"];

/** What is to stand beside the model in this view; null: nothing. */
export function besideOf({ view, beside, model, edits }: PageState): string | null {
  if (beside === null || beside === model || !SIDE_BY_SIDE.includes(view)) return null;
  return beside === AS_TRAINED && edits.length === 0 ? null : beside;
}

/** Chooses what stands beside the model. */
export function BesideChoice() {
  const { state, change, stacks } = usePage();
  const { view, model, beside, edits } = state;
  if (!SIDE_BY_SIDE.includes(view) || stacks) return null;
  const others = [...new Set([...EMBEDDED, ...(beside && beside !== AS_TRAINED ? [beside] : [])])];
  return (
    <label>
      Compare with{" "}
      <select
        value={besideOf(state) ?? ""}
        onChange={(event) => change({ beside: event.currentTarget.value || null })}
      >
        <option value="">nothing</option>
        {edits.length > 0 && <option value={AS_TRAINED}>itself, without the changes</option>}
        {others
          .filter((name) => name !== model)
          .map((name) => (
            <option key={name}>{name}</option>
          ))}
      </select>
    </label>
  );
}

interface PanesProps {
  readonly View: ShownView;
}

/** Both panes, the model's first. */
export function Panes({ View }: PanesProps) {
  const page = usePage();
  const beside = besideOf(page.state);
  if (beside === null) return <View />;
  return (
    <div class="beside">
      <Pane title={titleOf(page)} id="title">
        <View />
      </Pane>
      {beside === AS_TRAINED ? (
        <AsTrained View={View} />
      ) : (
        <OtherModel key={beside} name={beside} View={View} />
      )}
    </div>
  );
}

/** The model, and what is changed in it. */
function titleOf({ state, facts }: Pick<Page, "state" | "facts">): string {
  const name = facts?.id ?? shortName(state.model);
  return state.edits.length === 0 ? name : `${name}, ${headList(state.edits)} changed`;
}

interface PaneProps {
  readonly title: string;
  readonly id: string;
  readonly children: ComponentChildren;
}

function Pane({ title, id, children }: PaneProps) {
  return (
    <div class="pane" role="group" aria-labelledby={id}>
      <p class="paneTitle" id={id}>
        {title}
      </p>
      {children}
    </div>
  );
}

const PREFIX = "beside-";

/** The same model on the same engine; what is changed stays changed in the other pane. */
function AsTrained({ View }: PanesProps) {
  const page = usePage();
  const change: Page["change"] = useCallback(
    ({ edits: _, ...part }, entry) => page.change(part, entry),
    [page.change],
  );
  const state = useMemo(() => ({ ...page.state, edits: [] }), [page.state]);
  return (
    <PageContext.Provider value={{ ...page, state, change, pane: PREFIX }}>
      <Pane title={`${shortName(state.model)} as trained`} id={`${PREFIX}title`}>
        <View />
      </Pane>
    </PageContext.Provider>
  );
}

/** The changes of heads that this model has. */
function editsIn({ edits }: PageState, facts: ModelFacts | null): readonly HeadEdit[] {
  return edits.filter(({ layer, head }) => !facts || head < (facts.headsByLayer[layer] ?? 0));
}

interface OtherProps extends PanesProps {
  readonly name: string;
}

/** Another model in an engine of its own. */
function OtherModel({ name, View }: OtherProps) {
  const page = usePage();
  const model = useModel(name, page.filesOf(name), {
    allowed: null,
    trusted: page.trusted,
    device: page.state.device,
  });
  const [running, run] = useState<string | null>(null);
  const verdict = useVerdict(model, running, run);
  const { engine, facts, score, stacks, live, status } = model;
  const token = useToken(facts, page.state.ids);
  const state = useMemo(
    () => withHead({ ...page.state, model: name, edits: editsIn(page.state, facts) }, model),
    [page.state, name, facts, score],
  );
  const own = { state, engine, facts, score, stacks, live, verdict, token, pane: PREFIX };
  return (
    <PageContext.Provider value={{ ...page, ...own }}>
      <Pane title={titleOf({ state, facts })} id={`${PREFIX}title`}>
        {!live && (
          <p class="status" role="status">
            {status}
          </p>
        )}
        {score && <View />}
        {stacks && (
          <p class="say">
            {titleOf({ state, facts })} is no decoder, so there is nothing to compare head by head:
            open it by itself.
          </p>
        )}
      </Pane>
    </PageContext.Provider>
  );
}
