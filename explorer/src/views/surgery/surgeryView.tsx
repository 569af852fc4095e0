import { headName, type HeadEdit } from "induction-lens/browser";
import { useState } from "preact/hooks";
import { FEWEST_FOR_INTERVAL } from "induction-lens/measure";
import type { Cut } from "../../engine/protocol.ts";
import { useHeading, usePage } from "../../page/page.ts";
import { headList } from "../../parts/headWords.ts";
import { plural } from "induction-lens/report";
import { Waiting } from "../../parts/waiting.tsx";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { editsText } from "../../page/address.ts";
import { EditHistory } from "./editHistory.tsx";
import { Guesses } from "./guesses.tsx";
import { differenceInterval, LossByPosition } from "./lossByPosition.tsx";
import { OtherScores } from "./otherScores.tsx";
import { Tools } from "./tools.tsx";
import { editWords } from "./words.ts";
import { useChangedAt, useCut } from "../../page/useCut.ts";
import { useShown } from "../../page/useShown.ts";
import "./surgery.css";

/** Heads are switched off or get another's pattern; what the model loses, guesses and how other heads change is beside it. */
export function SurgeryView() {
  const { state } = usePage();
  const { edits, token } = state;
  const [cutHeading, effectHeading] = [useHeading("cut"), useHeading("effect")];
  const done = editsText(edits);
  const [more, measureMore] = useState({ done, times: 1 });
  const times = more.done === done ? more.times : 1; // what is changed next shows after one forward pass
  const changed = useChangedAt(edits, token);
  const before = useCut(changed.at === null ? null : [], changed.at, times);
  const after = useCut(changed.at === null ? null : edits, changed.at, times);
  const { step } = after;
  const error = after.error ?? changed.error;
  const busy = changed.at === null || before.busy || after.busy;
  const { value: pair, isCurrent } = useShown(pairOf(before.answer, after.answer));
  const waiting = isCurrent ? null : changesWords(edits);
  return (
    <div class="panes">
      <section aria-labelledby={cutHeading.labelledBy}>
        <h2 id={cutHeading.id}>Switch heads off</h2>
        <Tools />
        {(error ?? before.error) && <p role="alert">{error ?? before.error}</p>}
        {step && (
          <p class="status">
            {step.words} <progress max={1} value={step.share} aria-label={step.words} />
          </p>
        )}
        <p class="status" role="status">
          {after.answer && !busy
            ? measuredWords(after.answer, times)
            : times === 1
              ? `Measuring ${changesWords(edits)}, one forward pass`
              : `Measuring ${changesWords(edits)}, ${times} forward passes`}
        </p>
        {pair && (
          <Waiting words={waiting}>
            <OtherScores {...pair} />
          </Waiting>
        )}
        <EditHistory before={before.answer} after={times === 1 ? after.answer : null} />
      </section>
      {pair && (
        <section aria-labelledby={effectHeading.labelledBy}>
          <div class="titled">
            <h2 id={effectHeading.id}>What that changes</h2>
            {isCurrent && <Take pair={pair} labelledBy={effectHeading.labelledBy} />}
          </div>
          <Waiting words={waiting}>
            <LossByPosition {...pair} />
          </Waiting>
          <More
            rows={pair.after.rows}
            busy={busy}
            measure={(factor) => measureMore({ done, times: times * factor })}
          />
        </section>
      )}
      {pair && <Guesses {...pair} waiting={waiting} />}
    </div>
  );
}

function Take({ pair, labelledBy }: { readonly pair: Pair; readonly labelledBy: string }) {
  const { facts } = usePage();
  const model = facts && { id: facts.id, sha256: facts.sha256 };
  return <TakeAlong name="surgery" take={() => filesOf(pair, model, labelledBy)} />;
}

/** `all heads on` or `0.0 and 1.2 changed` */
function changesWords(edits: readonly HeadEdit[]): string {
  return edits.length === 0 ? "all heads on" : `${headList(edits)} changed`;
}

interface Pair {
  readonly before: Cut;
  readonly after: Cut;
}

/** Both, if they were measured on the same sequences. */
function pairOf(before: Cut | null, after: Cut | null): Pair | null {
  return before && after && before.rows === after.rows ? { before, after } : null;
}

function measuredWords({ rows, milliseconds }: Cut, times: number): string {
  const passes = times === 1 ? "one forward pass" : `${times} forward passes`;
  return `Measured on ${plural(rows, "sequence")} in ${passes} of ${(milliseconds / times).toFixed(0)} ms${times === 1 ? "" : " each"}.`;
}

const MOST = 1024;

interface MoreProps {
  readonly rows: number;
  readonly busy: boolean;
  readonly measure: (factor: number) => void;
}

/** More sequences, for a narrower interval, or for one at all. */
function More({ rows, busy, measure }: MoreProps) {
  const factor = rows < FEWEST_FOR_INTERVAL ? Math.ceil(FEWEST_FOR_INTERVAL / rows) : 4;
  if (rows * factor > MOST) return null;
  return (
    <p class="ways">
      <button type="button" class="plain" disabled={busy} onClick={() => measure(factor)}>
        Measure on {rows * factor} sequences
      </button>
      <span class="hint">
        {rows < FEWEST_FOR_INTERVAL
          ? `${rows} ${rows === 1 ? "sequence has" : "sequences have"} no interval: ${FEWEST_FOR_INTERVAL} is the least.`
          : "The difference has a 95\u00a0% interval, paired by sequence; four times as many sequences halve the interval."}
      </span>
    </p>
  );
}

async function filesOf(
  { before, after }: Pair,
  model: { readonly id: string; readonly sha256: string } | null,
  labelledBy: string,
) {
  const { pagePicture } = await import("../../export/files.ts");
  const chart = document.querySelector<SVGElement>(
    `[aria-labelledby="${labelledBy}"] .chart > svg`,
  )!;
  const rows = before.losses.byPosition.map((loss, position) => [
    position,
    loss,
    after.losses.byPosition[position] ?? null,
  ]);
  const done = after.edits.map((edit) => `${headName(edit)}: ${editWords(edit)}.`);
  const interval = differenceInterval(before, after, "secondCopy");
  const sure = interval
    ? `, difference in [${interval.map((end) => end.toFixed(3)).join(", ")}]`
    : "";
  const title = `Losses with heads changed: ${model?.id}`;
  const lines = [
    ...done,
    `Repeated half: ${before.losses.secondCopy.toFixed(3)} nats with all heads, ${after.losses.secondCopy.toFixed(3)} with the changes${sure}; ${plural(after.rows, "sequence")}.`,
  ];
  const key = "Whole line: all heads; dashed line: with the changes; between them what they cost.";
  return {
    ...{ title, lines },
    picture: pagePicture(chart, "Loss by position", title, [...lines, key]),
    tables: [
      {
        caption: "Loss of the token at each position, nats",
        columns: ["position", "all heads", "changed"],
        rows,
      },
    ] as const,
    result: { model, edits: after.edits, before, after },
  };
}
