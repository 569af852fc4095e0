import { useState } from "preact/hooks";
import { headName, type HeadAt, type WhyResult } from "induction-lens/browser";
import type { Requests } from "../../engine/protocol.ts";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { decimals } from "../../parts/decimals.ts";
import type { Cell } from "../../parts/matrix.tsx";

/** Parts that are shown by themselves; the others are one row. */
const SHOWN = 8;

interface Props {
  readonly ids: readonly number[];
  readonly at: HeadAt;
  readonly cell: Cell;
  /** `owl at 10` */
  readonly nameOf: (position: number) => string;
}

/** Why the head attends from one token to the other: its score as a sum of parts, and what it then does. */
export function WhyCell({ ids, at, cell, nameOf }: Props) {
  const { engine } = usePage();
  const [request, ask] = useState<Requests["why"]["args"] | null>(null);
  const head = headName(at);
  const args = request?.ids === ids && request.head === head ? request : null;
  const { answer, busy, error, step } = useAnswer(engine, "why", args);
  const isVisible = cell.key <= cell.query;
  return (
    <div class="why">
      <button
        type="button"
        disabled={!isVisible}
        onClick={() => ask({ ids, head, query: cell.query, key: cell.key })}
      >
        Why does it look there?
      </button>
      {busy && (
        <p class="status">
          {step?.words ?? "Taking the score apart"}{" "}
          <progress max={1} value={step?.share ?? 0} aria-label="How far the work is" />
        </p>
      )}
      {error && <p role="alert">{error}</p>}
      {answer && <Parts result={answer} nameOf={nameOf} />}
    </div>
  );
}

interface PartsProps {
  readonly result: WhyResult;
  /** `owl at 10` */
  readonly nameOf: (position: number) => string;
}

function Parts({ result, nameOf }: PartsProps) {
  const { cell, contrast, effect } = result;
  const rows = rowsOf(result);
  const most = Math.max(...rows.map(({ value }) => Math.abs(value)), 1e-9);
  const target = usePage().token(effect.target.piece);
  return (
    <>
      <table class="parts">
        <caption>
          Why {nameOf(cell.query)} attends to {nameOf(cell.key)} in head {cell.layer}.{cell.head}:
          which earlier parts of the model wrote what it matched. They add up to{" "}
          {cell.score.toFixed(2)}.
        </caption>
        <thead>
          <tr>
            <th scope="col">part of the key</th>
            <th scope="col">adds to the score</th>
            <th scope="col">more than at other keys</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, value, stands }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td data-part={name} data-value={value}>
                {decimals(value, 2)}
                <span
                  class={value < 0 ? "bar gone" : "bar"}
                  aria-hidden="true"
                  style={{ width: `${(100 * Math.abs(value)) / most}%` }}
                />
              </td>
              <td>{decimals(stands, 2)}</td>
            </tr>
          ))}
          <tr class="chosen">
            <th scope="row">score</th>
            <td data-part="sum" data-value={cell.score}>
              {cell.score.toFixed(2)}
            </td>
            <td>{contrast.logRatio.toFixed(2)}</td>
          </tr>
        </tbody>
      </table>
      <p>
        Of {cell.visibleKeys} keys this one has rank {cell.rank}, with {cell.weight.toFixed(3)} of
        the attention. What it hands over adds {effect.cell.toFixed(2)} to the logit of{" "}
        <code>{target}</code> ({effect.target.why}).
      </p>
    </>
  );
}

/** The parts that add most, and the sum of the others. */
function rowsOf({ parts, score, contrast }: WhyResult) {
  const ranked = parts
    .map((name, index) => ({ name, value: score.byKey[index]!, stands: contrast.byKey[index]! }))
    .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const rest = ranked.slice(SHOWN);
  const sum = (key: "value" | "stands") => rest.reduce((total, part) => total + part[key], 0);
  return [
    ...ranked.slice(0, SHOWN),
    ...(rest.length > 0
      ? [{ name: `${rest.length} others`, value: sum("value"), stands: sum("stands") }]
      : []),
  ];
}
