import { useState } from "preact/hooks";
import type { HeadEdit } from "induction-lens/browser";
import { usePage } from "../../page/page.ts";
import { inductionHeads, LABELS } from "../../parts/headWords.ts";
import { editWords, KINDS, PATTERNS } from "./words.ts";

/** What can be done to the chosen head, and undone. */
export function Tools() {
  const { state, change, score } = usePage();
  const { layer, head, edits } = state;
  const alike = score ? inductionHeads(score.scores) : [];
  const [undone, keep] = useState<readonly HeadEdit[]>([]);
  const isHere = (one: HeadEdit) => one.layer === layer && one.head === head;
  const current = edits.find(isHere);
  const doThis = (edit: Pick<HeadEdit, "kind" | "pattern">) => {
    keep([]);
    change({ edits: [...edits.filter((one) => !isHere(one)), { layer, head, ...edit }] });
  };
  const cutAlike = () => {
    keep([]);
    const others = edits.filter(
      (edit) => !alike.some((at) => at.layer === edit.layer && at.head === edit.head),
    );
    change({ edits: [...others, ...alike.map((at) => ({ ...at, kind: "zero" as const }))] });
  };
  const undo = () => {
    keep([...undone, edits.at(-1)!]);
    change({ edits: edits.slice(0, -1) });
  };
  const redo = () => {
    change({ edits: [...edits, undone.at(-1)!] });
    keep(undone.slice(0, -1));
  };
  return (
    <>
      <p class="say">
        Head {layer}.{head}{" "}
        {current ? `is changed: ${editWords(current)}.` : "works as it was trained."}
      </p>
      <div class="ways" role="group" aria-label={`What head ${layer}.${head} puts out`}>
        {KINDS.map(({ kind, name, means }) => (
          <button
            key={kind}
            type="button"
            class="plain"
            title={means}
            aria-pressed={current?.kind === kind}
            onClick={() => doThis({ kind })}
          >
            {name}
          </button>
        ))}
      </div>
      <div class="ways" role="group" aria-label={`Where head ${layer}.${head} looks`}>
        {PATTERNS.map((pattern) => (
          <button
            key={pattern}
            type="button"
            class="plain"
            aria-pressed={current?.pattern === pattern}
            onClick={() => doThis({ kind: "ideal", pattern })}
          >
            Ideal {LABELS[pattern].name}
          </button>
        ))}
      </div>
      {alike.length > 1 && (
        <p class="ways">
          <button type="button" class="plain" onClick={cutAlike}>
            Zero all {alike.length} induction heads
          </button>
          <span class="hint">
            Heads that attend the same way can stand in for each other: the table shows what each
            more of them costs.
          </span>
        </p>
      )}
      <div class="ways">
        <button type="button" disabled={edits.length === 0} onClick={undo}>
          Undo
        </button>
        <button type="button" class="plain" disabled={undone.length === 0} onClick={redo}>
          Redo
        </button>
        <button
          type="button"
          class="plain"
          disabled={edits.length === 0}
          onClick={() => {
            keep([...edits].reverse());
            change({ edits: [] });
          }}
        >
          All heads on
        </button>
      </div>
    </>
  );
}
