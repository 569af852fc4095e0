import { useState } from "preact/hooks";
import type { ScoreName } from "induction-lens/browser";
import { isSameHead } from "../../engine/edits.ts";
import type { Cut } from "../../engine/protocol.ts";
import { usePage } from "../../page/page.ts";
import { HeadGrid } from "../../parts/headGrid.tsx";
import { leftOutWords, shownHeads } from "../../parts/shownHeads.ts";
import { LABELS } from "../../parts/headWords.ts";
import { editWords } from "./words.ts";

/** A head whose score moved by this much is marked: it woke up, or lost what it reads. */
const MOVED = 0.1;

/** Scores of all heads with the edits; those that moved are marked. */
export function OtherScores({ before, after }: { readonly before: Cut; readonly after: Cut }) {
  const { state, change, dark } = usePage();
  const { layer, head } = state;
  const { edits } = after;
  const [name, show] = useState<ScoreName>("induction");
  const shown = shownHeads(after.scores[name], state);
  const leftOut = leftOutWords(after.scores[name], shown);
  const cells = after.scores[name].map((row, at) =>
    shown[at]!.map((column) => {
      const value = row[column]!;
      const was = before.scores[name][at]![column]!;
      const edit = edits.find((other) => isSameHead(other, { layer: at, head: column }));
      const moved = Math.abs(value - was) >= MOVED;
      const sign = moved ? (value > was ? "▲" : "▼") : "";
      return {
        value,
        ...(shown[at]!.length < row.length && { head: column }),
        ...(edits.length > 0 && { before: was }),
        text: value.toFixed(2),
        glyph: edit ? "✂" : sign,
        off: edit !== undefined,
        marked: moved,
        words: `${edit ? `${editWords(edit)}, ` : ""}${LABELS[name].name} ${edits.length > 0 ? `was ${was.toFixed(2)}, ` : ""}${value.toFixed(2)}${edits.length > 0 ? " now" : ""}`,
      };
    }),
  );
  return (
    <>
      <p class="ways">
        <label>
          All heads:{" "}
          <select value={name} onChange={(event) => show(event.currentTarget.value as ScoreName)}>
            {(Object.keys(LABELS) as ScoreName[]).map((score) => (
              <option key={score} value={score}>
                {LABELS[score].name} score
              </option>
            ))}
          </select>
        </label>
      </p>
      <HeadGrid
        label={`${LABELS[name].name} score of every head with the changes`}
        scale="sequential"
        {...{ cells, layer, head, dark }}
        choose={(nextLayer, nextHead) => change({ layer: nextLayer, head: nextHead })}
      />
      <p class="hint">
        {edits.length > 0 && "Above as trained, below with the changes. "}✂ changed by you · ▲ ▼
        moved by {MOVED} or more. Choose a head to change it too. {leftOut}
      </p>
    </>
  );
}
