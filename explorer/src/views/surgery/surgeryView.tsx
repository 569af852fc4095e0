import { useRef, useState } from "preact/hooks";
import type { HeadEdit, ScoreName } from "induction-lens/browser";
import type { Cut } from "../../engine/protocol.ts";
import { usePage } from "../../page/page.ts";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { HeadGrid } from "../../parts/headGrid.tsx";
import { inductionHeads, LABELS } from "../heads/words.ts";
import { editText } from "../../page/address.ts";
import { Done } from "./done.tsx";
import { Guesses } from "./guesses.tsx";
import { differenceInterval, LossByPosition } from "./lossByPosition.tsx";
import { editWords, KINDS, PATTERNS } from "./words.ts";
import { useCut } from "./useCut.ts";
import "./surgery.css";

/** Heads are switched off or get another's pattern; what the model loses, guesses and how other heads change is beside it. */
export function SurgeryView() {
  const { state, facts } = usePage();
  const { edits, token } = state;
  const model = facts && { id: facts.id, sha256: facts.sha256 };
  const done = edits.map(editText).join();
  const [more, measureMore] = useState({ done, times: 1 });
  const times = more.done === done ? more.times : 1; // what is changed next shows after one forward pass
  const before = useCut([], token, times);
  const after = useCut(edits, token, times);
  const { busy, step, error } = after;
  const pair = usePair(before.answer, after.answer);
  return (
    <div class="panes">
      <section aria-labelledby="cut">
        <h2 id="cut">Switch heads off</h2>
        <Tools />
        {(error ?? before.error) && <p role="alert">{error ?? before.error}</p>}
        {step && (
          <p class="status">
            {step.words} <progress max={1} value={step.share} aria-label={step.words} />
          </p>
        )}
        <p class="status" role="status">
          {busy || !after.answer ? "One forward pass" : measuredWords(after.answer, times)}
        </p>
        {pair && <Others {...pair} />}
        <Done before={before.answer} after={times === 1 ? after.answer : null} />
      </section>
      {pair && (
        <section aria-labelledby="effect">
          <h2 id="effect">What that changes</h2>
          <LossByPosition {...pair} />
          <More
            rows={pair.after.rows}
            busy={busy || before.busy}
            measure={(factor) => measureMore({ done, times: times * factor })}
          />
          <TakeAlong name="surgery" take={() => taken(pair.before, pair.after, model)} />
          <Guesses {...pair} />
        </section>
      )}
    </div>
  );
}

interface Pair {
  readonly before: Cut;
  readonly after: Cut;
}

/** Both measured on the same sequences; the last two that were, while others are on their way. */
function usePair(before: Cut | null, after: Cut | null): Pair | null {
  const last = useRef<Pair | null>(null);
  if (!before || !after) last.current = null;
  else if (before.rows === after.rows) last.current = { before, after };
  return last.current;
}

function measuredWords({ rows, milliseconds }: Cut, times: number): string {
  const sequences = `${rows} ${rows === 1 ? "sequence" : "sequences"}`;
  const passes = times === 1 ? "one forward pass" : `${times} forward passes`;
  return `Measured on ${sequences} in ${passes} of ${(milliseconds / times).toFixed(0)} ms${times === 1 ? "" : " each"}.`;
}

/** Fewer sequences have no interval. */
const FEWEST = 10;
const MOST = 1024;

interface MoreProps {
  readonly rows: number;
  readonly busy: boolean;
  readonly measure: (factor: number) => void;
}

/** More sequences, for a narrower interval, or for one at all. */
function More({ rows, busy, measure }: MoreProps) {
  const factor = rows < FEWEST ? Math.ceil(FEWEST / rows) : 4;
  if (rows * factor > MOST) return null;
  return (
    <p class="ways">
      <button type="button" class="plain" disabled={busy} onClick={() => measure(factor)}>
        Measure on {rows * factor} sequences
      </button>
      <span class="hint">
        {rows < FEWEST
          ? `${rows} ${rows === 1 ? "sequence has" : "sequences have"} no interval: ${FEWEST} is the least.`
          : "The difference has a 95 % interval, paired by sequence; four times as many halve it."}
      </span>
    </p>
  );
}

async function taken(before: Cut, after: Cut, model: { id: string; sha256: string } | null) {
  const { pagePicture } = await import("../../export/files.ts");
  const chart = document.querySelector<SVGElement>("[aria-labelledby=effect] .chart > svg")!;
  const rows = before.losses.byPosition.map((loss, position) => [
    position,
    loss,
    after.losses.byPosition[position] ?? null,
  ]);
  const done = after.edits.map((edit) => `${edit.layer}.${edit.head}: ${editWords(edit)}.`);
  const interval = differenceInterval(before, after, "secondCopy");
  const sure = interval
    ? `, difference in [${interval.map((end) => end.toFixed(3)).join(", ")}]`
    : "";
  return {
    title: `Losses with heads changed: ${model?.id}`,
    lines: [
      ...done,
      `Repeated half: ${before.losses.secondCopy.toFixed(3)} nats with all heads, ${after.losses.secondCopy.toFixed(3)} with the changes${sure}; ${after.rows} sequences.`,
    ],
    picture: pagePicture(chart, "Loss by position"),
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

/** What can be done to the chosen head, and undone. */
function Tools() {
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

/** A head whose score moved by this much is marked: it woke up, or lost what it reads. */
const MOVED = 0.1;

/** Scores of all heads with the edits; those that moved are marked. */
function Others({ before, after }: { readonly before: Cut; readonly after: Cut }) {
  const { state, change, dark } = usePage();
  const { layer, head, edits } = state;
  const [name, show] = useState<ScoreName>("induction");
  const cells = after.scores[name].map((row, at) =>
    row.map((value, column) => {
      const was = before.scores[name][at]![column]!;
      const edit = edits.find((one) => one.layer === at && one.head === column);
      const moved = Math.abs(value - was) >= MOVED;
      const sign = moved ? (value > was ? "▲" : "▼") : "";
      return {
        value,
        text: value.toFixed(2),
        glyph: edit ? "✂" : sign,
        off: edit !== undefined,
        marked: moved,
        words: `${edit ? `${editWords(edit)}, ` : ""}${LABELS[name].name} ${value.toFixed(2)}, was ${was.toFixed(2)}`,
      };
    }),
  );
  return (
    <>
      <p class="ways">
        <label>
          All heads:{" "}
          <select value={name} onChange={(event) => show(event.currentTarget.value as ScoreName)}>
            {(Object.keys(LABELS) as ScoreName[]).map((one) => (
              <option key={one} value={one}>
                {LABELS[one].name} score
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
        ✂ changed by you · ▲ ▼ moved by {MOVED} or more. Choose a head to change it too.
      </p>
    </>
  );
}
