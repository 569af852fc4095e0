import { headName } from "induction-lens/browser";
import { useEffect, useState } from "preact/hooks";
import { editsText, editText } from "../../page/address.ts";
import { usePage } from "../../page/page.ts";
import type { Cut } from "../../engine/protocol.ts";
import { useCut } from "../../page/useCut.ts";
import { editWords } from "./words.ts";

/** What was done, in order, with the loss of the repeated half after each step that was measured. */
export function EditHistory({
  before,
  after,
}: {
  readonly before: Cut | null;
  readonly after: Cut | null;
}) {
  const { state, change } = usePage();
  const { edits } = state;
  const losses = useLosses(edits, after);
  if (edits.length === 0) return <p class="hint">Nothing is changed yet.</p>;
  return (
    <div class="scroll wide" role="group" tabIndex={0} aria-label="What was done">
      <table class="done">
        <caption>What was done, in order; losses in nats</caption>
        <thead>
          <tr>
            <th scope="col">head</th>
            <th scope="col">change</th>
            <th scope="col">loss of the repeated half</th>
            <th scope="col">undo</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">none</th>
            <td>as trained</td>
            <td>{before?.losses.secondCopy.toFixed(3) ?? "–"}</td>
            <td />
          </tr>
          {edits.map((edit, index) => (
            <tr key={editText(edit)}>
              <th scope="row">
                {edit.layer}.{edit.head}
              </th>
              <td>{editWords(edit)}</td>
              <td data-after={editText(edit)}>
                {losses[editsText(edits.slice(0, index + 1))]?.toFixed(3) ?? "–"}
              </td>
              <td>
                <button
                  type="button"
                  class="sort"
                  aria-label={`Undo the change of ${headName(edit)}`}
                  onClick={() => change({ edits: edits.filter((other) => other !== edit) })}
                >
                  undo
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Loss of the repeated half after each step that was measured, by `editsText`; steps that were not are measured one by one. */
function useLosses(edits: Cut["edits"], after: Cut | null): Readonly<Record<string, number>> {
  const { engine } = usePage();
  const [losses, keep] = useState<Readonly<Record<string, number>>>({});
  useEffect(() => keep({}), [engine]);
  const steps = edits.map((_, index) => edits.slice(0, index + 1));
  const unknown = useCut(steps.find((step) => !(editsText(step) in losses)) ?? null);
  const cuts = [after, unknown.answer];
  useEffect(() => {
    for (const cut of cuts)
      if (cut) keep((earlier) => ({ ...earlier, [editsText(cut.edits)]: cut.losses.secondCopy }));
  }, cuts);
  return losses;
}
