import { useState } from "preact/hooks";
import { headName, type HeadEdit } from "induction-lens/browser";
import { isSameHead, zeroHeads } from "../../engine/edits.ts";
import { usePage } from "../../page/page.ts";
import { isScan, ScanNote } from "../../parts/scanNote.tsx";
import { inductionHeads, useSigns } from "../../parts/headSigns.ts";
import { LABELS } from "../../parts/headWords.ts";
import { editWords, KINDS, PATTERNS } from "./words.ts";

/** What can be done to the chosen head, and undone. */
export function Tools() {
  const { state, score } = usePage();
  const { layer, head, edits } = state;
  const history = useHistory();
  const alike = inductionHeads(score!.scores, useSigns());
  const current = edits.find((edit) => isSameHead(edit, state));
  const changeHead = (edit: Pick<HeadEdit, "kind" | "pattern">) =>
    history.replace([
      ...edits.filter((other) => !isSameHead(other, state)),
      { layer, head, ...edit },
    ]);
  const cutAlike = () => {
    const others = edits.filter((edit) => !alike.some((at) => isSameHead(edit, at)));
    history.replace([...others, ...zeroHeads(alike)]);
  };
  return (
    <>
      <p class="say">
        Head {layer}.{head}{" "}
        {current ? `is changed: ${editWords(current)}.` : "works as it was trained."}
      </p>
      <ScanNote layer={layer} />
      <Kinds {...{ current, changeHead }} />
      {alike.length > 1 && (
        <p class="ways">
          <button type="button" class="plain" onClick={cutAlike}>
            Zero all {alike.length} induction heads
          </button>
          <span class="hint">
            Heads that attend the same way can stand in for each other: the table shows what each
            further head costs.
          </span>
        </p>
      )}
      <History history={history} />
    </>
  );
}

/** The page's edits, with what was undone last until something else is done. */
function useHistory() {
  const { state, change } = usePage();
  const { edits } = state;
  const [undone, keep] = useState<readonly HeadEdit[]>([]);
  return {
    undone,
    replace: (next: readonly HeadEdit[]) => {
      keep([]);
      change({ edits: next });
    },
    undo: () => {
      keep([...undone, edits.at(-1)!]);
      change({ edits: edits.slice(0, -1) });
    },
    redo: () => {
      change({ edits: [...edits, undone.at(-1)!] });
      keep(undone.slice(0, -1));
    },
    undoAll: () => {
      keep([...edits].reverse());
      change({ edits: [] });
    },
  };
}

interface KindsProps {
  readonly current: HeadEdit | undefined;
  readonly changeHead: (edit: Pick<HeadEdit, "kind" | "pattern">) => void;
}

/** Ways to change what the head puts out, or where it looks. */
function Kinds({ current, changeHead }: KindsProps) {
  const { state, facts } = usePage();
  const name = headName(state);
  const hasPattern = !facts || !isScan(facts, state.layer); // a scan reads no pattern that could be exchanged
  return (
    <>
      <div class="ways" role="group" aria-label={`What head ${name} puts out`}>
        {KINDS.map(({ kind, name: title }) => (
          <button
            key={kind}
            type="button"
            class="plain"
            aria-pressed={current?.kind === kind}
            onClick={() => changeHead({ kind })}
          >
            {title}
          </button>
        ))}
      </div>
      {hasPattern && (
        <div class="ways" role="group" aria-label={`Where head ${name} looks`}>
          {PATTERNS.map((pattern) => (
            <button
              key={pattern}
              type="button"
              class="plain"
              aria-pressed={current?.pattern === pattern}
              onClick={() => changeHead({ kind: "ideal", pattern })}
            >
              Ideal {LABELS[pattern].name}
            </button>
          ))}
        </div>
      )}
      <p class="hint">
        {KINDS.map(({ name: title, means }) => `${title}: ${means}.`).join(" ")}{" "}
        {hasPattern && "Ideal: it looks where such a head would look, and nowhere else."}
      </p>
    </>
  );
}

function History({ history }: { readonly history: ReturnType<typeof useHistory> }) {
  const { edits } = usePage().state;
  const { undone, undo, redo, undoAll } = history;
  return (
    <div class="ways">
      <button type="button" class="plain" disabled={edits.length === 0} onClick={undo}>
        Undo
      </button>
      <button type="button" class="plain" disabled={undone.length === 0} onClick={redo}>
        Redo
      </button>
      <button type="button" class="plain" disabled={edits.length === 0} onClick={undoAll}>
        All heads on
      </button>
    </div>
  );
}
