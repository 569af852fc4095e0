import { headList } from "../parts/headWords.ts";
import { percent } from "../parts/percent.ts";
import { usePage } from "./page.ts";
import { verdictStepWords } from "./verdict.ts";

/** What holds in every view: heads that are changed, and a verdict that is being made. */
export function Chips() {
  const { state, change, verdict } = usePage();
  const { edits } = state;
  if (edits.length === 0 && !verdict.busy) return null;
  return (
    <div class="chips">
      {edits.length > 0 && (
        <span class="chip" data-chip="edits">
          ✂ {edits.length > 3 ? `${edits.length} heads` : headList(edits)} changed
          <button type="button" class="sort" onClick={() => change({ view: "surgery" }, "new")}>
            see
          </button>
          <button type="button" class="sort" onClick={() => change({ edits: [] })}>
            all on
          </button>
        </span>
      )}
      {verdict.busy && (
        <span class="chip" data-chip="verdict">
          Verdict: {verdictStepWords(verdict.step)}, {percent(verdict.step?.share ?? 0)}
          <button type="button" class="sort" onClick={() => change({ view: "heads" }, "new")}>
            see
          </button>
        </span>
      )}
    </div>
  );
}
