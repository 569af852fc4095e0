import { headName, type HeadAt, type HeadEdit } from "induction-lens/browser";
import { isSameHead, switchHead, zeroHeads } from "../../engine/edits.ts";
import { STORED } from "../../page/storedResults.ts";
import { usePage } from "../../page/page.ts";
import { useCut } from "../../page/useCut.ts";
import { plural } from "induction-lens/report";
import { inductionHeads, useSigns } from "../../parts/headSigns.ts";
import { headList } from "../../parts/headWords.ts";

/** One button that switches the chosen head off, and the losses with and without it: bars and the same numbers as a table. */
export function CutHead() {
  const { state, change, score } = usePage();
  const { edits } = state;
  const [alone] = zeroHeads([state]) as [HeadEdit];
  const isChosen = (at: HeadAt) => isSameHead(at, state);
  const off = edits.some(isChosen);
  const losses = useLosses(alone, off);
  const alike = inductionHeads(score!.scores, useSigns());
  const others = alike.some(isChosen) ? alike.filter((at) => !isChosen(at)) : [];
  return (
    <>
      <button
        type="button"
        aria-pressed={off}
        onClick={() => change({ edits: switchHead(edits, state) })}
      >
        {off ? "Switch it on again" : "Switch it off"}
      </button>
      {losses.error && <p role="alert">{losses.error}</p>}
      <LossTable {...losses} name={headName(alone)} off={off} />
      <p class="hint">Switched off means: the head's output (attn.hook_z) is zero.</p>
      {off && others.length > 0 && (
        <p class="hint">
          {headList(others)} {others.length === 1 ? "attends" : "attend"} the same way and may stand
          in for it: Surgery cuts them together.
        </p>
      )}
    </>
  );
}

const COPIES = [
  { copy: "firstCopy", name: "first copy" },
  { copy: "secondCopy", name: "repeated half" },
] as const;

/** Losses of both copies with all heads and without this one; stored ones until the page measured its own. */
function useLosses(alone: HeadEdit, off: boolean) {
  const { score } = usePage();
  const { layer, head } = alone;
  const whole = useCut([]);
  const without = useCut(off ? [alone] : null);
  const stored = score?.model.id === STORED.score.model.id ? STORED.ablate : null;
  const rows = COPIES.map(({ copy, name }) => {
    const base = whole.answer?.losses[copy] ?? stored?.loss[copy] ?? null;
    const delta = stored ? stored.heads!.delta[copy][layer]![head]! : null;
    const cut = without.answer?.losses[copy] ?? (stored ? stored.loss[copy] + delta! : null);
    return { copy, name, before: base, after: off ? cut : null };
  });
  const sequences = whole.answer?.rows ?? stored?.input.examples;
  return { rows, sequences, error: whole.error ?? without.error };
}

type TableProps = Pick<ReturnType<typeof useLosses>, "rows" | "sequences"> & {
  readonly name: string;
  /** The head is switched off. */
  readonly off: boolean;
};

function LossTable({ rows, sequences, name: head, off }: TableProps) {
  const most = Math.max(...rows.flatMap(({ before, after }) => [before ?? 0, after ?? 0]), 1e-9);
  return (
    <div class="scroll wide" role="group" tabIndex={0} aria-label={`Losses without ${head}`}>
      <table class="losses">
        <caption>
          Loss in nats{sequences === undefined ? "" : `, mean of ${plural(sequences, "sequence")}`};
          lower is better
        </caption>
        <thead>
          <tr>
            <th scope="col">part</th>
            <th scope="col">all heads</th>
            <th scope="col">without {head}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ copy, name, before, after }) => (
            <tr key={copy}>
              <th scope="row">{name}</th>
              <Loss name={`${copy}.before`} value={before} {...{ most }} />
              <Loss
                name={`${copy}.after`}
                value={after}
                of={`${head}:zero`}
                most={most}
                isOn={!off}
              />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface LossProps {
  readonly name: string;
  readonly value: number | null;
  readonly most: number;
  /** The changes under which it was measured. */
  readonly of?: string;
  /** The head is on, so there is nothing to show. */
  readonly isOn?: boolean;
}

function Loss({ name, value, most, of = "", isOn = false }: LossProps) {
  const { live } = usePage();
  const waiting = live ? "measuring …" : "waits for the model";
  if (value === null) return <td data-loss={name}>{isOn ? "not switched off" : waiting}</td>;
  const width = { width: `${(100 * Math.max(0, value)) / most}%` };
  return (
    <td data-loss={name} data-value={value} data-of={of}>
      {value.toFixed(2)}
      <span class={name.endsWith("after") ? "bar gone" : "bar"} aria-hidden="true" style={width} />
    </td>
  );
}
