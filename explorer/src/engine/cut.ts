/** @file One edit of the heads, measured: losses, scores and next tokens, on one prepared session. */
import { tensor } from "induction-lens/graph";
import {
  ablationRows,
  SCORE_NAMES,
  type AblationRows,
  type HeadEdit,
  type Reference,
  type Tensor,
  throwIfAborted,
} from "induction-lens/browser";
import { ordinaryTokens, type Repeats, random } from "induction-lens/measure";
import type { AnswerOptions } from "./answerOptions.ts";
import { holding, workbench } from "./holding.ts";
import type { Cut, Guess, Losses, Requests, Sequence } from "./protocol.ts";

/** Rows by how many there are; the fewer are the first of the more. */
const rowsOf = new Map<number, AblationRows>();
/** What heads put out on reference rows, by the length of a row. */
const references = new Map<number, Reference>();
const GUESSES = 8;

/** The rows are those of `ablate` with its defaults, or the first of them where the model is large. */
export async function cut(
  { edits, sequence, at, times = 1 }: Requests["cut"]["args"],
  options: AnswerOptions,
): Promise<Cut> {
  const { model, rows: count } = holding();
  const referenceExamples = referenceCount();
  const numExamples = count * times;
  const rows =
    rowsOf.get(numExamples) ??
    (await ablationRows(model.architecture, { numExamples, referenceExamples }));
  rowsOf.set(numExamples, rows);
  const { reference: others, info, start, period } = rows;
  const reference = await referenceFor(info.length, edits, () => others, options);
  const started = performance.now();
  const repeats = { start, period, length: info.length };
  const measured = await measuredInParts(rows, { edits, repeats, ...reference }, options);
  const milliseconds = performance.now() - started;
  return {
    edits,
    rows: numExamples,
    referenceRows: reference.reference?.rows ?? null,
    period,
    start,
    losses: lossesOf(measured.losses, rows),
    scores: measured.scores,
    ...(await guessed(edits, sequence, at, options)),
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
  { tokens }: AblationRows,
  { repeats, ...edited }: Parts,
  { signal, progress }: AnswerOptions,
) {
  const bench = await workbench();
  const [count, length] = tokens.shape as readonly [number, number];
  const step = holding().rows;
  const losses = tensor(["batch", "position"], [count, length], new Float32Array(count * length));
  const runs: Cut["scores"][] = [];
  for (let first = 0; first < count; first += step) {
    throwIfAborted(signal);
    if (count > step) progress("measuring sequences", first, count);
    const part = tokens.data.subarray(first * length, (first + step) * length);
    const rows = tensor(["batch", "position"], [step, length], part);
    const run = await bench.run({ tokens: rows, repeats }, { ...edited, firstRow: first });
    losses.data.set(run.losses.data, first * length);
    runs.push(run.scores!);
    await new Promise((free) => setTimeout(free)); // lets a stop come in
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

/** Next tokens of the sequence; ideal patterns have no meaning in a text, so they are left out there. */
async function guessed(
  edits: readonly HeadEdit[],
  sequence: Sequence,
  at: number,
  options: AnswerOptions,
): Promise<{ readonly guesses: Guess[]; readonly truth: Guess | null }> {
  const { tokenizer } = holding();
  const bench = await workbench();
  const { ids, repeats } = sequence;
  const tokens = tensor(["batch", "position"], [1, ids.length], Int32Array.from(ids));
  const reference = await referenceFor(ids.length, edits, () => randomRows(sequence), options);
  const { logits } = await bench.run(
    { tokens, repeats: repeats && { ...repeats, length: ids.length } },
    {
      edits: repeats ? edits : edits.filter(({ kind }) => kind !== "ideal"),
      ...reference,
      asked: [at],
    },
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

/** Rows that means are taken over; as many as the ablation study takes, or as many as a large model has time for. */
function referenceCount(): number {
  return holding().rows < 4 ? 8 : 64;
}

async function referenceFor(
  length: number,
  edits: readonly HeadEdit[],
  others: () => Tensor<Int32Array>,
  options: AnswerOptions,
): Promise<{ readonly reference?: Reference }> {
  if (!edits.some(({ kind }) => kind === "mean" || kind === "resample")) return {};
  const bench = await workbench();
  const reference = references.get(length) ?? (await bench.reference(others(), options));
  references.set(length, reference);
  return { reference };
}

/** Rows of ordinary tokens, drawn with repetition; the first token is that of the sequence. */
function randomRows({ ids }: Sequence): Tensor<Int32Array> {
  const { vocabulary, specialTokens } = holding().model.architecture;
  const ordinary = ordinaryTokens(vocabulary, specialTokens);
  const draw = random(1);
  const count = referenceCount();
  const data = Int32Array.from({ length: count * ids.length }, (_, index) =>
    index % ids.length === 0 ? ids[0]! : ordinary[Math.floor(draw.uniform() * ordinary.length)]!,
  );
  return tensor(["batch", "position"], [count, ids.length], data);
}

/** Mean over rows, by position and over tokens 2 ... S of both copies, and those of each row. */
function lossesOf({ shape, data }: Tensor, { start, period }: AblationRows): Losses {
  const [count, length] = shape as readonly [number, number];
  const byPosition = Array.from({ length }, (_, position) => {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += data[row * length + position]!;
    return position === 0 ? null : sum / count;
  });
  const copy = (begin: number) =>
    Array.from({ length: count }, (_, row) => {
      const [from, to] = [begin + 1, begin + period].map((position) => row * length + position);
      return data.subarray(from, to).reduce((sum, loss) => sum + loss, 0) / (period - 1);
    });
  const bySequence = { firstCopy: copy(start), secondCopy: copy(start + period) };
  const mean = (values: readonly number[]) => values.reduce((sum, loss) => sum + loss, 0) / count;
  return {
    firstCopy: mean(bySequence.firstCopy),
    secondCopy: mean(bySequence.secondCopy),
    byPosition,
    bySequence,
  };
}

function softmax(logits: Float32Array): Float64Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const parts = Float64Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}
