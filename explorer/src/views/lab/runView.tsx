import { useMemo, useState } from "preact/hooks";
import type { LabEvent } from "../../engine/protocol.ts";
import { LineChart, type Series } from "../../parts/lineChart.tsx";
import { sequential } from "../../parts/colour.ts";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { usePage } from "../../page/page.ts";
import { Thumb } from "../../parts/thumb.tsx";
import { checkpointsOf, runText, type LabRun } from "./run.ts";

/** One run: its curves, the change in them, and every head's pattern at the checkpoint that is chosen. */
export function Run({ run }: { readonly run: LabRun }) {
  const checkpoints = checkpointsOf(run);
  const [scrubbed, scrub] = useState<number | null>(null);
  const at = Math.min(scrubbed ?? checkpoints.length - 1, checkpoints.length - 1);
  const now = run.events.at(-1)!;
  const checkpoint = checkpoints[at] ?? now;
  const rate = now.step / (now.milliseconds / 1000);
  return (
    <>
      <p class="status" data-step={now.step} data-gain={now.scores.copyGain}>
        {run.name}: step {now.step} of {run.steps}
        {run.state === "running"
          ? `, ${rate.toFixed(1)} steps a second`
          : `, ${ENDED[run.state]}`}. {run.words}
      </p>
      <p class="say" data-change={run.change?.step ?? undefined}>
        {changeWords(run)}
      </p>
      <Curves run={run} current={checkpoint} />
      {checkpoints.length > 0 && (
        <>
          <label class="scrub">
            Checkpoint: step {checkpoint.step}{" "}
            <input
              type="range"
              min={0}
              max={checkpoints.length - 1}
              value={at}
              aria-valuetext={`step ${checkpoint.step}`}
              onInput={(event) => scrub(Number(event.currentTarget.value))}
            />
          </label>
          <Patterns event={checkpoint} />
          <OpenIt run={run} event={checkpoint} />
        </>
      )}
      <details>
        <summary>As a table</summary>
        <Table run={run} />
      </details>
      <TakeAlong name={`lab ${run.name}`} take={() => runFiles(run)} />
    </>
  );
}

/** Losses and best scores by step, with strokes at the chosen checkpoint and at the change. */
function Curves({ run, current }: { readonly run: LabRun; readonly current: LabEvent }) {
  const { firstCopyLoss, secondCopyLoss, best } = run.events.at(-1)!.scores;
  const by = (value: (scores: LabEvent["scores"]) => number) =>
    run.events.map(({ step, scores }) => [Math.max(1, step), value(scores)] as const);
  const strokes = [
    { x: Math.max(1, current.step), name: `step ${current.step}` },
    ...(run.change?.step ? [{ x: run.change.step, name: "the change" }] : []),
  ];
  const common = { xName: "step (log scale)", log: true, strokes };
  const losses: readonly Series[] = [
    { name: "first copy", kind: "first", points: by((scores) => scores.firstCopyLoss) },
    { name: "repeated half", kind: "second", points: by((scores) => scores.secondCopyLoss) },
  ];
  const scores: readonly Series[] = [
    { name: "induction", kind: "first", points: by((event) => event.best.induction.score) },
    {
      name: "previous token",
      kind: "second",
      points: by((event) => event.best.previousToken.score),
    },
  ];
  return (
    <div class="panes">
      <LineChart
        {...common}
        label={`Losses of both copies by step; now ${firstCopyLoss.toFixed(2)} and ${secondCopyLoss.toFixed(2)} nats`}
        yName="loss, nats"
        series={losses}
      />
      <LineChart
        {...common}
        most={1}
        label={`Best scores by step; now induction ${best.induction.score.toFixed(2)}, previous token ${best.previousToken.score.toFixed(2)}`}
        yName="best head's score"
        series={scores}
      />
    </div>
  );
}

async function runFiles(run: LabRun) {
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
  return {
    title: `Training a two-layer model: ${run.name}`,
    lines: [changeWords(run)],
    picture: pagePicture(chart, "Losses of both copies by step"),
    tables: [
      { caption: "By step; losses in nats, scores of the best heads", columns, rows },
    ] as const,
    result: JSON.parse(await runText(run, { whole: false })) as unknown,
  };
}

const ENDED = { done: "done", stopped: "stopped", loaded: "loaded", failed: "failed" } as const;

function changeWords({ state, change, events }: LabRun): string {
  const now = events.at(-1)!.scores;
  const gain = `Copy gain ${now.copyGain.toFixed(2)} nats`;
  if (state === "running" || !change)
    return `${gain}: the repeated half is ${now.copyGain.toFixed(2)} nats easier than the first.`;
  if (change.step === null)
    return `${gain}. No sudden change: smooth learning explains the curve as well (p ${change.p.toFixed(2)}).`;
  const [low, high] = change.interval!;
  return `${gain}. The jump came at step ${Math.round(change.step)} (95 % interval ${Math.round(low)} to ${Math.round(high)}, p ${change.p < 0.001 ? "below .001" : change.p.toFixed(3)}).`;
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
      {Array.from({ length: layers * heads }, (_, index) => {
        const [layer, head] = [Math.floor(index / heads), index % heads];
        const scores = [induction, previousToken].map((table) => table[layer]![head]!.toFixed(2));
        return (
          <figure key={index}>
            <Thumb pattern={patternOfHead[index]!} ramp={ramp} />
            <figcaption>
              <b>
                {layer}.{head}
              </b>
              <br />◆ {scores[0]}
              <br />◀ {scores[1]}
            </figcaption>
          </figure>
        );
      })}
      <p class="hint">
        Queries down, keys to the right. ◆ induction score, ◀ previous-token score.
      </p>
    </div>
  );
}

function OpenIt({ run, event }: { readonly run: LabRun; readonly event: LabEvent }) {
  const { open } = usePage();
  const { files } = event.checkpoint!;
  if (files.length === 0) return null;
  return (
    <p class="ways">
      <button
        type="button"
        class="plain"
        onClick={() => open({ id: `lab ${run.name}, step ${event.step}`, files })}
      >
        Open this checkpoint in the other views
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
