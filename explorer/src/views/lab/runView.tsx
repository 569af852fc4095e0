import { useEffect, useMemo, useState } from "preact/hooks";
import type { LabEvent } from "../../engine/protocol.ts";
import type { Handle } from "../../parts/chartHandle.tsx";
import { LineChart, type Series } from "../../parts/lineChart.tsx";
import { sequential } from "../../parts/colour.ts";
import { usePage } from "../../page/page.ts";
import { decimals } from "../../parts/decimals.ts";
import { Thumb } from "../../parts/thumb.tsx";
import { checkpointsOf, runText, type LabRun } from "./run.ts";

interface Props {
  readonly run: LabRun;
  /** A run whose curves stand in grey behind these; null: none. */
  readonly beside: LabRun | null;
}

/** One run: its curves, the change in them, and every head's pattern at the checkpoint that is chosen. */
export function Run({ run, beside }: Props) {
  const checkpoints = checkpointsOf(run);
  const player = usePlayer(checkpoints.length);
  const now = run.events.at(-1)!;
  const checkpoint = checkpoints[player.at] ?? now;
  const handle: Handle | null =
    checkpoints.length === 0
      ? null
      : {
          label: "Checkpoint",
          xs: checkpoints.map(({ step }) => step),
          at: player.at,
          words: (index) => `step ${checkpoints[index]!.step}`,
          choose: player.go,
        };
  return (
    <>
      <p class="status" data-step={now.step} data-gain={now.scores.copyGain}>
        {run.name}: step {now.step} of {run.steps}, {stateWords(run)}. {run.words}
      </p>
      <p class="say" data-change={run.change?.step ?? undefined}>
        {changeWords(run)}
      </p>
      {handle && <Player {...player} step={checkpoint.step} />}
      <Curves {...{ run, beside, handle }} />
      {handle && (
        <>
          <Patterns event={checkpoint} />
          <OpenIt run={run} event={checkpoint} />
        </>
      )}
      <details>
        <summary>As a table</summary>
        <Table run={run} />
      </details>
    </>
  );
}

/** A checkpoint stands this long while a run is played. */
const FRAME_MS = 125;

/** The checkpoint that is shown: the last one, until the reader moves or plays; nothing moves by itself. */
function usePlayer(count: number) {
  const [chosen, choose] = useState<number | null>(null);
  const [playing, play] = useState(false);
  const at = Math.min(chosen ?? count - 1, count - 1);
  useEffect(() => {
    if (!playing) return;
    if (at >= count - 1) return play(false);
    const timer = setTimeout(() => choose(at + 1), FRAME_MS);
    return () => clearTimeout(timer);
  }, [playing, at, count]);
  const begin = () => {
    const from = at >= count - 1 ? 0 : at;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches)
      return choose(at >= count - 1 ? 0 : at + 1);
    choose(from);
    play(true);
  };
  return {
    at,
    playing,
    go: (index: number) => {
      play(false);
      choose(index);
    },
    toggle: () => (playing ? play(false) : begin()),
  };
}

interface PlayerProps extends Pick<ReturnType<typeof usePlayer>, "playing" | "toggle"> {
  readonly step: number;
}

function Player({ playing, toggle, step }: PlayerProps) {
  return (
    <div class="ways">
      <button type="button" onClick={toggle}>
        {playing ? "❚❚ Pause" : "▶ Play the training"}
      </button>
      <span class="hint">
        Checkpoint: step {step}. Drag in a chart, or move its handle with the arrow keys.
      </span>
    </div>
  );
}

/** Losses and best scores by step, with a handle at the chosen checkpoint and a stroke at the change. */
function Curves({ run, beside, handle }: Props & { readonly handle: Handle | null }) {
  const [log, stretch] = useState(false);
  const { firstCopyLoss, secondCopyLoss, best } = run.events.at(-1)!.scores;
  const { step = null, interval = null } = run.change ?? {};
  const common = {
    xName: log ? "step (log scale)" : "step",
    log,
    strokes: step === null ? [] : [{ x: step, name: "the jump, 95\u00a0% interval" }],
    band: interval,
  };
  return (
    <>
      <div class="panes">
        <LineChart
          {...common}
          handle={handle}
          label={`Losses of both copies by step; now ${firstCopyLoss.toFixed(2)} and ${secondCopyLoss.toFixed(2)} nats`}
          yName="loss, nats"
          series={curvesOf(run, beside, LOSSES)}
        />
        <LineChart
          {...common}
          handle={handle && { ...handle, isSecond: true }}
          most={1}
          label={`Best scores by step; now induction ${best.induction.score.toFixed(2)}, previous token ${best.previousToken.score.toFixed(2)}`}
          yName="best head's score"
          series={curvesOf(run, beside, SCORES)}
        />
      </div>
      <label>
        <input
          type="checkbox"
          checked={log}
          onChange={(event) => stretch(event.currentTarget.checked)}
        />{" "}
        first steps wider (log scale)
      </label>
    </>
  );
}

type Curve = readonly [string, (scores: LabEvent["scores"]) => number];

const LOSSES: readonly [Curve, Curve] = [
  ["first copy", (scores) => scores.firstCopyLoss],
  ["repeated half", (scores) => scores.secondCopyLoss],
];

const SCORES: readonly [Curve, Curve] = [
  ["induction", ({ best }) => best.induction.score],
  ["previous token", ({ best }) => best.previousToken.score],
];

/** Two curves of a run, and those of another in grey behind them. */
function curvesOf(
  run: LabRun,
  beside: LabRun | null,
  [first, second]: readonly [Curve, Curve],
): Series[] {
  const series = (of: LabRun, [name, value]: Curve, kind: Series["kind"]): Series => ({
    name: of === run ? name : `${name}, ${of.name}`,
    kind,
    points: of.events.map(({ step, scores }) => [step, value(scores)] as const),
  });
  const behind = beside ? [first, second].map((curve) => series(beside, curve, "ghost")) : [];
  return [...behind, series(run, first, "first"), series(run, second, "second")];
}

export async function runFiles(run: LabRun) {
  const { pagePicture } = await import("../../export/files.ts");
  const chart = document.querySelector<SVGElement>("[aria-labelledby=lab] .chart > svg")!;
  const columns = [
    "step",
    "firstCopyLoss",
    "secondCopyLoss",
    "copyGain",
    "induction",
    "previousToken",
  ];
  const rows = run.events.map(({ step, scores }) => [
    step,
    scores.firstCopyLoss,
    scores.secondCopyLoss,
    scores.copyGain,
    scores.best.induction.score,
    scores.best.previousToken.score,
  ]);
  const title = `Training a two-layer model: ${run.name}`;
  const lines = [changeWords(run)];
  const key = "Whole line: first copy; dashed line: repeated half.";
  return {
    ...{ title, lines },
    picture: pagePicture(chart, "Losses of both copies by step", title, [...lines, key]),
    tables: [
      { caption: "By step; losses in nats, scores of the best heads", columns, rows },
    ] as const,
    result: JSON.parse(await runText(run, { whole: false })) as unknown,
  };
}

function stateWords({ state, events }: LabRun): string {
  if (state === "stored") return "trained by this page before, and kept with it";
  if (state !== "running") return state;
  const { step, milliseconds } = events.at(-1)!;
  return `${(step / (milliseconds / 1000)).toFixed(1)} steps a second`;
}

function changeWords({ state, change, events }: LabRun): string {
  const now = events.at(-1)!.scores;
  const gain = `Copy gain: the repeated half is ${decimals(now.copyGain, 2)} nats easier than the first.`;
  if (state === "running" || !change) return gain;
  if (change.step === null)
    return `${gain} No sudden change: smooth learning explains the curve as well (p ${change.p.toFixed(2)}).`;
  const [low, high] = change.interval!;
  return `${gain} The jump came at step ${Math.round(change.step)} (95\u00a0% interval ${Math.round(low)} to ${Math.round(high)}, p ${change.p < 0.001 ? "below 0.001" : change.p.toFixed(3)}).`;
}

/** Where each head attends at a checkpoint, on a block of eight tokens that stands twice. */
function Patterns({ event }: { readonly event: LabEvent }) {
  const { dark } = usePage();
  const ramp = useMemo(() => sequential(dark), [dark]);
  const { layers, heads, length, patterns } = event.checkpoint!;
  const { induction, previousToken } = event.scores;
  const patternOfHead = useMemo(
    () =>
      Array.from({ length: layers * heads }, (_, index) => ({
        length,
        bound: 1,
        weight: (query: number, key: number) => patterns[(index * length + query) * length + key]!,
      })),
    [patterns],
  );
  return (
    <div class="labHeads">
      {Array.from({ length: layers }, (_, layer) => (
        <div
          key={layer}
          role="group"
          aria-label={`Heads of layer ${layer}`}
          style={{ "--heads": heads }}
        >
          {Array.from({ length: heads }, (_, head) => {
            const scores = [induction, previousToken].map((table) =>
              table[layer]![head]!.toFixed(2),
            );
            return (
              <figure key={head}>
                <Thumb pattern={patternOfHead[layer * heads + head]!} ramp={ramp} />
                <figcaption>
                  <b>
                    {layer}.{head}
                  </b>{" "}
                  <span>◆ {scores[0]}</span> <span>◀ {scores[1]}</span>
                </figcaption>
              </figure>
            );
          })}
        </div>
      ))}
      <p class="hint">
        Where each head looks at this step: a line for each token that reads, from the first at the
        top, and in it a square for each token that it can look at. ◆ induction score, ◀
        previous-token score.
      </p>
    </div>
  );
}

function OpenIt({ run, event }: { readonly run: LabRun; readonly event: LabEvent }) {
  const { open, change } = usePage();
  const { files } = event.checkpoint!;
  if (files.length === 0) return null;
  return (
    <p class="ways">
      <button
        type="button"
        class="plain"
        onClick={() => {
          change({ view: "heads" }, "new");
          open({ id: `lab ${run.name}, step ${event.step}`, files });
        }}
      >
        Open this checkpoint in Heads
      </button>
    </p>
  );
}

function Table({ run }: { readonly run: LabRun }) {
  return (
    <div class="scroll" role="group" tabIndex={0} aria-label="The run by step">
      <table>
        <thead>
          <tr>
            <th scope="col">step</th>
            <th scope="col">first copy</th>
            <th scope="col">repeated half</th>
            <th scope="col">copy gain</th>
            <th scope="col">best induction</th>
            <th scope="col">best previous token</th>
          </tr>
        </thead>
        <tbody>
          {run.events.map(({ step, scores }) => {
            const { induction, previousToken } = scores.best;
            return (
              <tr key={step}>
                <th scope="row">{step}</th>
                <td>{scores.firstCopyLoss.toFixed(3)}</td>
                <td>{scores.secondCopyLoss.toFixed(3)}</td>
                <td>{scores.copyGain.toFixed(3)}</td>
                <td>
                  {induction.layer}.{induction.head}: {induction.score.toFixed(3)}
                </td>
                <td>
                  {previousToken.layer}.{previousToken.head}: {previousToken.score.toFixed(3)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
