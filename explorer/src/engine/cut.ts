/** @file One edit of the heads, measured: losses, scores and next tokens, on one prepared session. */
import {
  ablationRows,
  ordinaryTokens,
  random,
  tensor,
  type AblationRows,
  type HeadEdit,
  type Reference,
  type Tensor,
} from "induction-lens/browser";
import type { AnswerOptions } from "./answers.ts";
import { holding, workbench } from "./holding.ts";
import type { Cut, Guess, Losses, Requests, Sequence } from "./protocol.ts";

let rows: AblationRows | null = null;
/** What heads put out on reference rows, by the length of a row. */
const references = new Map<number, Reference>();
const GUESSES = 8;

/** The rows are those of `ablateHeads` with its defaults, or the first of them where the model is large. */
export async function cut(
  { edits, sequence, at }: Requests["cut"]["args"],
  options: AnswerOptions,
): Promise<Cut> {
  const { model, rows: count } = holding();
  const referenceExamples = referenceCount();
  rows ??= await ablationRows(model.architecture, { numExamples: count, referenceExamples });
  const bench = await workbench();
  const { reference: others, info, start, period, tokens } = rows;
  const reference = await referenceFor(info.length, edits, () => others, options);
  const started = performance.now();
  const repeats = { start, period, length: info.length };
  const measured = await bench.run({ tokens, repeats }, { edits, ...reference });
  const milliseconds = performance.now() - started;
  return {
    edits,
    rows: count,
    referenceRows: reference.reference?.rows ?? null,
    period,
    start,
    losses: lossesOf(measured.losses, rows),
    scores: measured.scores!,
    ...(await guessed(edits, sequence, at, options)),
    milliseconds,
  };
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

/** Mean over rows, by position and over tokens 2 ... S of both copies. */
function lossesOf({ shape, data }: Tensor, { start, period }: AblationRows): Losses {
  const [count, length] = shape as readonly [number, number];
  const byPosition = Array.from({ length }, (_, position) => {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += data[row * length + position]!;
    return position === 0 ? null : sum / count;
  });
  const copy = (begin: number) =>
    byPosition.slice(begin + 1, begin + period).reduce<number>((sum, loss) => sum + loss!, 0) /
    (period - 1);
  return { firstCopy: copy(start), secondCopy: copy(start + period), byPosition };
}

function softmax(logits: Float32Array): Float64Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const parts = Float64Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}
