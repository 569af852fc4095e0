/** @file What `phase` shows: losses and head scores over log steps, the change shaded; the heads; the events. */
import { plural } from "../../base/plural.ts";
import { headName } from "../../base/headName.ts";
import type { PhaseCurves, PhaseResult } from "./result.ts";
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import type { Line, LineFigure, LinePanel } from "../../draw/lines.ts";
import { linePicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  headColumn,
  settingsOf,
  pictureName,
  pictureWords,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

export function phaseView(result: PhaseResult): StudyView {
  const { id, model, input, steps, words, warnings } = result;
  const last =
    model && input ? aboutLines({ model: { ...model, id: "last checkpoint" }, input }) : [];
  const span = `${plural(steps.length, "checkpoint")}, steps ${steps[0]} to ${steps.at(-1)}`;
  return {
    title: `Phase change: ${id}`,
    lines: [span, ...last],
    sentences: words,
    map: null,
    pictures: [linePicture(phaseFigure(result, [span, ...last]))],
    csv: () => curveTable(result),
    everyHead: () => lastTable(result),
    overSteps: { table: () => curveTable(result), threshold: INDUCTION_ATTENTION.substantial },
    tables: [
      eventTable(result),
      headTable(result),
      upstreamTable(result),
      lossTable(result),
      ...strategyTables(result),
      shortTable(result),
    ],
    settings: settingsOf(result),
    warnings,
  };
}

/** Losses above, scores below. */
function phaseFigure(result: PhaseResult, subtitle: readonly string[]): LineFigure {
  const { id, words, steps } = result;
  return {
    title: `Phase change: ${pictureName(id)}`,
    subtitle: [...subtitle, words[0]!],
    panels: [...lossPanels(result), scorePanel(result), ...strategyPanels(result)],
    notes: [
      ...(result.change
        ? ["Shaded: 95 % interval of the step at which half of the change is done."]
        : []),
      ...(steps[0] === 0 ? ["Step 0 is drawn at half of the first step."] : []),
    ],
    description: pictureWords(words, [id]),
  };
}

function lossPanels(result: PhaseResult): LinePanel[] {
  const { loss, training } = result.curves;
  if (!loss) return [];
  const lines = [
    lineOf("first copy", result.steps, loss.firstCopy),
    lineOf("second copy", result.steps, loss.secondCopy),
    ...(training ? [lineOf(training.what, training.steps, training.loss)] : []),
  ];
  return [panelOf(result, lines, { label: "loss, nats" })];
}

/** Nats from each way of counting in the context, where it was asked for. */
function strategyPanels(result: PhaseResult): LinePanel[] {
  const { strategies } = result.curves;
  if (!strategies) return [];
  const lines = Object.entries(strategies.divergence).map(([name, values]) =>
    lineOf(name, result.steps, values),
  );
  return [panelOf(result, lines, { label: "nats from each strategy" })];
}

const MOST_LINES = 6;

function scorePanel(result: PhaseResult): LinePanel {
  const { curves, steps, pair } = result;
  const lines = [
    ...shownHeads(result).map(({ layer, head }) =>
      lineOf(`induction ${headName({ layer, head })}`, steps, curves.induction[layer]![head]!),
    ),
    ...(pair?.previous ? [previousLine(result, pair.previous)] : []),
  ];
  return panelOf(result, lines, { label: "attention score, 0 to 1", domain: [0, 1] });
}

function previousLine(
  { curves, steps }: PhaseResult,
  { layer, head }: { layer: number; head: number },
) {
  return lineOf(
    `previous token ${headName({ layer, head })}`,
    steps,
    curves.previousToken[layer]![head]!,
  );
}

/** The leading head first, then others that attend by induction; the best of all if none does. */
function shownHeads({ pair, inductionHeads, curves }: PhaseResult) {
  if (!pair) return bestHeads(curves).slice(0, 2);
  const { induction } = pair;
  const others = inductionHeads.filter(
    ({ layer, head }) => layer !== induction.layer || head !== induction.head,
  );
  return [induction, ...others].slice(0, MOST_LINES - 1);
}

function bestHeads({ induction }: PhaseCurves) {
  return induction
    .flatMap((heads, layer) => heads.map((curve, head) => ({ layer, head, score: curve.at(-1)! })))
    .sort((a, b) => b.score - a.score);
}

function panelOf(
  { change, steps }: PhaseResult,
  lines: readonly Line[],
  y: LinePanel["y"],
): LinePanel {
  const first = steps.find((step) => step > 0) ?? 1;
  const label = change && `change at ${rounded(change.step)}`;
  return {
    lines,
    x: { label: "training steps", log: true, domain: [shownStep(steps[0]!, first), steps.at(-1)!] },
    y,
    ...(change && { spans: [{ from: change.low, to: change.high, label: label! }] }),
  };
}

function lineOf(name: string, steps: readonly number[], values: readonly number[]): Line {
  const first = steps.find((step) => step > 0) ?? 1;
  return {
    name,
    points: values.map((y, index) => ({ x: shownStep(steps[index]!, first), y })),
  };
}

const shownStep = (step: number, first: number) => (step > 0 ? step : first / 2);
const rounded = (step: number) => Math.round(step).toLocaleString("en-GB");

/** One row for each head at each checkpoint, beside the model's own curves there: what a .csv file has. */
function curveTable(result: PhaseResult): StudyTable {
  const { steps, curves } = result;
  const model = modelCurves(curves);
  return {
    caption: "Every head at every checkpoint",
    columns: [
      "step",
      headColumn(),
      "induction",
      "previous token",
      "copying",
      ...model.map(({ key }) => ({ name: key, key })),
    ],
    rows: steps.flatMap((step, at) =>
      curves.induction.flatMap((heads, layer) =>
        heads.map((scores, head) => [
          step,
          { layer, head },
          scores[at]!,
          curves.previousToken[layer]![head]![at]!,
          curves.copying?.[layer]?.[head]?.[at] ?? null,
          ...model.map(({ values }) => values[at] ?? null),
        ]),
      ),
    ),
  };
}

/** Every head at the last checkpoint. */
function lastTable({ curves }: PhaseResult): StudyTable {
  const { induction, previousToken, copying } = curves;
  return {
    caption: "Every head at the last checkpoint",
    columns: [
      headColumn(),
      { name: "induction", scale: UNIT_SCALE },
      { name: "previous token", scale: UNIT_SCALE },
      ...(copying ? ["copying"] : []),
    ],
    rows: induction.flatMap((heads, layer) =>
      heads.map((scores, head) => [
        { layer, head },
        scores.at(-1)!,
        previousToken[layer]![head]!.at(-1)!,
        ...(copying ? [copying[layer]?.[head]?.at(-1) ?? null] : []),
      ]),
    ),
  };
}

interface ModelCurve {
  readonly key: string;
  readonly values: readonly (number | null)[];
}

/** Curves of the model as a whole. */
function modelCurves({ loss, icl, composition, strategies }: PhaseCurves): ModelCurve[] {
  return [
    ...(loss
      ? [
          { key: "firstCopyNats", values: loss.firstCopy },
          { key: "secondCopyNats", values: loss.secondCopy },
          { key: "copyGainNats", values: loss.copyGain },
        ]
      : []),
    ...(icl ? [{ key: "iclOlssonNats", values: icl.olsson }] : []),
    ...(composition
      ? [
          { key: "kComposition", values: composition.k },
          { key: "qComposition", values: composition.q },
        ]
      : []),
    ...(strategies
      ? Object.entries(strategies.divergence).map(([name, values]) => ({
          key: `${name}Nats`,
          values,
        }))
      : []),
  ];
}

const EVENT_WORDS: Record<PhaseResult["events"][number]["name"], string> = {
  previousToken: "previous-token score",
  kComposition: "K-composition",
  qComposition: "Q-composition",
  induction: "induction score",
  copying: "copying (OV eigenvalues)",
  copyGain: "copy gain, nats",
};

function eventTable({ events }: PhaseResult): StudyTable {
  return {
    caption: "Changes in order; a dash is none",
    columns: ["what", headColumn(), "step", "low", "high", "change", "decades", "p"],
    rows: events.map(({ name, head, change, p }) => [
      EVENT_WORDS[name],
      head ? { layer: head.layer, head: head.head } : "model",
      change && Math.round(change.step),
      change && Math.round(change.low),
      change && Math.round(change.high),
      change && change.effectSize,
      change && change.width,
      p,
    ]),
  };
}

function headTable({ inductionHeads }: PhaseResult): StudyTable {
  return {
    caption: "Heads that attend by induction at the end; depth is layer / layers",
    columns: [headColumn(), "depth", "score", "gain", "step", "low", "high", "p"],
    rows: inductionHeads.map(({ layer, head, depth, score, gain, change, p }) => [
      { layer, head },
      depth,
      score,
      gain,
      change && Math.round(change.step),
      change && Math.round(change.low),
      change && Math.round(change.high),
      p,
    ]),
  };
}

/** What tells the previous-token heads before the leading head apart. */
function upstreamTable({ pair }: PhaseResult): StudyTable {
  const lead = pair ? headName(pair.induction) : "it";
  return {
    caption: `Previous-token heads before ${lead}: composition, and share of its score lost without the path`,
    columns: [headColumn(), "previous token", "K-comp.", "Q-comp.", "into keys", "into queries"],
    rows: (pair?.upstream ?? []).map(({ layer, head, previousToken, composition, lost }) => [
      { layer, head },
      previousToken,
      composition?.k ?? null,
      composition?.q ?? null,
      lost?.k.share ?? null,
      lost?.q.share ?? null,
    ]),
  };
}

const MOST_STEPS = 12;

/** What the model predicts by in random chains, at some checkpoints. */
function strategyTables({ steps, curves: { strategies } }: PhaseResult): StudyTable[] {
  if (!strategies) return [];
  const { symbols, rows, divergence, follows } = strategies;
  const names = Object.keys(divergence) as (keyof typeof divergence)[];
  return [
    {
      caption: `Nats from the predictions of each way of counting to the model's, ${rows} random Markov chains of ${symbols} symbols; chain knows the truth`,
      columns: ["step", "follows", ...names],
      rows: steps.map((step, at) => [
        step,
        follows[at]!,
        ...names.map((name) => divergence[name][at]!),
      ]),
      terminalRows: MOST_STEPS,
    },
  ];
}

/** The circuit at some checkpoints, for a terminal. */
function shortTable({ steps, curves, pair, ...rest }: PhaseResult): StudyTable {
  const [lead] = shownHeads({ steps, curves, pair, ...rest });
  const before = pair?.previous;
  const every = (steps.length - 1) / Math.min(MOST_STEPS - 1, Math.max(1, steps.length - 1));
  const places = [
    ...new Set(steps.map((_, index) => Math.min(steps.length - 1, Math.round(index * every)))),
  ];
  return {
    caption: `${steps.length > MOST_STEPS ? "Some" : "All"} checkpoints`,
    columns: [
      "step",
      "copy gain",
      ...(before ? [`previous token ${headName(before)}`] : []),
      ...(lead ? [`induction ${headName(lead)}`] : []),
    ],
    rows: places.map((at) => [
      steps[at]!,
      curves.loss?.copyGain[at] ?? null,
      ...(before ? [curves.previousToken[before.layer]![before.head]![at]!] : []),
      ...(lead ? [curves.induction[lead.layer]![lead.head]![at]!] : []),
    ]),
  };
}

function lossTable({ bump }: PhaseResult): StudyTable {
  const fall = bump?.change;
  return {
    caption: "The loss",
    columns: ["curve", "step of its sudden fall", "low", "high", "nats", "with the change"],
    rows: bump
      ? [
          [
            bump.curve,
            fall ? Math.round(fall.step) : null,
            fall ? Math.round(fall.low) : null,
            fall ? Math.round(fall.high) : null,
            fall ? fall.effectSize : null,
            bump.withChange ? "yes" : "no",
          ],
        ]
      : [],
  };
}
