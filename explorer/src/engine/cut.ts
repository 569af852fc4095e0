/** @file One edit of the heads, measured: losses, scores and next tokens, on one prepared session. */
import { tensor } from "induction-lens/graph";
import {
  ablationRows,
  drawnTokens,
  SCORE_NAMES,
  type AblationRows,
  type HeadEdit,
  type Reference,
  type Tensor,
  throwIfAborted,
  type WorkbenchOptions,
  type WorkbenchRun,
} from "induction-lens/browser";
import { copyLosses, type Repeats, random, softmax } from "induction-lens/measure";
import type { AnswerOptions } from "./answerOptions.ts";
import type { Cost, Held } from "./held.ts";
import { sayTooLong } from "./sequence.ts";
import type { Cut, Guess, Losses, Requests, Sequence } from "./protocol.ts";

const GUESSES = 8;

/** The rows are those of `ablate` with its defaults, or the first of them where the model is large. */
export async function cut(
  { edits, sequence, at, times = 1 }: Requests["cut"]["args"],
  state: Held,
  options: AnswerOptions,
): Promise<Cut> {
  const numExamples = state.open.rows * times;
  const key = JSON.stringify([numExamples, edits]);
  const cost = state.costs.get(key) ?? (await costOf(state, edits, numExamples, options));
  state.costs.delete(key);
  state.costs.set(key, cost);
  for (const old of [...state.costs.keys()].slice(0, -KEPT)) state.costs.delete(old);
  return { at, ...cost, ...(await guessNext(state, { edits, sequence, at }, options)) };
}

/** Where the changes take most from the right next token: the position from which its probability falls by most. */
export async function mostChanged(
  { edits, sequence }: Requests["mostChanged"]["args"],
  state: Held,
  options: AnswerOptions,
): Promise<Requests["mostChanged"]["answer"]> {
  const losses = async (changes: readonly HeadEdit[]) =>
    (await sequenceRun(state, { ...sequence, edits: changes, reads: {} }, options)).losses.data;
  const [whole, changed] = [await losses([]), await losses(edits)];
  const last = sequence.ids.length - 1;
  const falls = Array.from({ length: last }, (_, at) => {
    const next = at + 1; // its loss is that of a guess made one before
    return Math.exp(-whole[next]!) - Math.exp(-changed[next]!);
  });
  const most = falls.indexOf(Math.max(...falls));
  return { at: falls[most]! > 0 ? most : last - 1 };
}

/** Costs that are kept: with the changes and without, so that another token is guessed with no measuring again. */
const KEPT = 2;

async function costOf(
  state: Held,
  edits: readonly HeadEdit[],
  numExamples: number,
  options: AnswerOptions,
): Promise<Cost> {
  const { model } = state.open;
  const referenceExamples = referenceCount(state);
  const rows =
    state.ablationRows.get(numExamples) ??
    (await ablationRows(model.architecture, { numExamples, referenceExamples }));
  state.ablationRows.set(numExamples, rows);
  const { reference: others, info, start, period } = rows;
  const reference = await referenceFor(
    state,
    { length: info.length, edits, others: () => others },
    options,
  );
  const started = performance.now();
  const repeats = { start, period, length: info.length };
  const measured = await measuredInParts(state, rows, { edits, repeats, ...reference }, options);
  const milliseconds = performance.now() - started;
  return {
    edits,
    rows: numExamples,
    referenceRows: reference.reference?.rows ?? null,
    period,
    start,
    losses: lossesOf(measured.losses, rows),
    scores: measured.scores,
    milliseconds,
  };
}

interface Parts {
  readonly edits: readonly HeadEdit[];
  readonly repeats: Repeats;
  readonly reference?: Reference;
}

/** Losses of all rows and means of the scores, as many rows at once as the bench was prepared for. */
async function measuredInParts(
  state: Held,
  { tokens }: AblationRows,
  { repeats, ...edited }: Parts,
  { signal, progress, letPass }: AnswerOptions,
) {
  const bench = await state.workbench();
  const [count, length] = tokens.shape as readonly [number, number];
  const step = state.open.rows;
  const losses = tensor(
    ["sequence", "position"],
    [count, length],
    new Float32Array(count * length),
  );
  const runs: Cut["scores"][] = [];
  for (let first = 0; first < count; first += step) {
    throwIfAborted(signal);
    if (count > step) progress("measuring sequences", first, count);
    const part = tokens.data.subarray(first * length, (first + step) * length);
    const rows = tensor(["batch", "position"], [step, length], part);
    const run = await bench.run({ tokens: rows, repeats }, { ...edited, firstRow: first });
    losses.data.set(run.losses.data, first * length);
    runs.push(run.scores!);
    await letPass();
  }
  return { losses, scores: meansOf(runs) };
}

/** Means over runs of equally many rows. */
function meansOf(runs: readonly Cut["scores"][]): Cut["scores"] {
  const mean = (of: (run: Cut["scores"]) => number) =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const names = SCORE_NAMES.map((name) => [
    name,
    runs[0]![name].map((row, layer) =>
      row.map((_, head) => mean((run) => run[name][layer]![head]!)),
    ),
  ]);
  return Object.fromEntries(names) as Cut["scores"];
}

/** Next tokens of the sequence. */
async function guessNext(
  state: Held,
  { edits, sequence, at }: Requests["cut"]["args"],
  options: AnswerOptions,
): Promise<{ readonly guesses: Guess[]; readonly truth: Guess | null }> {
  const { tokenizer } = state.open;
  const { ids } = sequence;
  const { logits } = await sequenceRun(
    state,
    { ...sequence, edits, reads: { logitPositions: [at] } },
    options,
  );
  const probabilities = softmax(logits!.data);
  const piece = (id: number) => tokenizer?.pieces([id])[0] ?? String(id);
  const guess = (id: number): Guess => ({ id, piece: piece(id), probability: probabilities[id]! });
  const best = [...probabilities.keys()]
    .sort((a, b) => probabilities[b]! - probabilities[a]!)
    .slice(0, GUESSES);
  const next = ids[at + 1];
  return { guesses: best.map(guess), truth: next === undefined ? null : guess(next) };
}

interface EditedSequence extends Pick<Sequence, "ids" | "repeats"> {
  readonly edits: readonly HeadEdit[];
  readonly reads: Pick<WorkbenchOptions, "logitPositions" | "layer">;
}

/** A run of one sequence with the changes; ideal patterns have no meaning in a text, so they are left out there. */
export async function sequenceRun(
  state: Held,
  { ids, repeats, edits, reads }: EditedSequence,
  options: AnswerOptions,
): Promise<WorkbenchRun> {
  const bench = await state.workbench();
  const tokens = tensor(["batch", "position"], [1, ids.length], Int32Array.from(ids));
  const reference = await referenceFor(
    state,
    { length: ids.length, edits, others: () => randomRows(state, ids) },
    options,
  );
  const run = bench.run(
    { tokens, repeats: repeats && { ...repeats, length: ids.length } },
    {
      edits: repeats ? edits : edits.filter(({ kind }) => kind !== "ideal"),
      ...reference,
      ...reads,
    },
  );
  return run.catch(sayTooLong(ids.length, state.open.facts));
}

/** Rows that means are taken over; as many as the ablation study takes, or as many as a large model has time for. */
function referenceCount({ open }: Held): number {
  return open.rows < 4 ? 8 : 64;
}

interface ReferenceChoice {
  readonly length: number;
  readonly edits: readonly HeadEdit[];
  /** The rows, which are drawn only if they are needed. */
  readonly others: () => Tensor<Int32Array>;
}

async function referenceFor(
  state: Held,
  { length, edits, others }: ReferenceChoice,
  options: AnswerOptions,
): Promise<{ readonly reference?: Reference }> {
  if (!edits.some(({ kind }) => kind === "mean" || kind === "resample")) return {};
  const bench = await state.workbench();
  const reference = state.references.get(length) ?? (await bench.reference(others(), options));
  state.references.set(length, reference);
  return { reference };
}

/** Rows of ordinary tokens, drawn with repetition; the first token is that of the sequence. */
function randomRows(state: Held, ids: readonly number[]): Tensor<Int32Array> {
  const ordinary = drawnTokens(state.open.model.architecture).ids;
  const draw = random(1);
  const count = referenceCount(state);
  const data = Int32Array.from({ length: count * ids.length }, (_, index) =>
    index % ids.length === 0 ? ids[0]! : ordinary[Math.floor(draw.uniform() * ordinary.length)]!,
  );
  return tensor(["batch", "position"], [count, ids.length], data);
}

/** Mean over rows, by position and over tokens 2 ... S of both copies, and those of each row. */
function lossesOf(losses: Tensor, { start, period }: AblationRows): Losses {
  const { shape, data } = losses;
  const [count, length] = shape as readonly [number, number];
  const byPosition = Array.from({ length }, (_, position) => {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += data[row * length + position]!;
    return position === 0 ? null : sum / count;
  });
  const { firstCopy, secondCopy } = copyLosses(losses, { start, period });
  const bySequence = { firstCopy: [...firstCopy], secondCopy: [...secondCopy] };
  const mean = (values: readonly number[]) => values.reduce((sum, loss) => sum + loss, 0) / count;
  return {
    firstCopy: mean(bySequence.firstCopy),
    secondCopy: mean(bySequence.secondCopy),
    byPosition,
    bySequence,
  };
}
