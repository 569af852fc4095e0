/** @file Whether a model predicts what followed the earlier copy of its last token: rank, probability, five most likely. */
import { softmax } from "../../measure/softmax.ts";
import { throwIfAborted } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { narrow } from "../../graph/edits/narrow.ts";
import { slice } from "../../graph/edits/slice.ts";
import type { Program } from "../../graph/program.ts";
import { meanInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import { proportionInterval } from "../../measure/proportionInterval.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { InductionTest } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { residBefore } from "../../models/anatomy/hookNames.ts";
import { takeRows } from "../../interventions/rows.ts";
import { piecesOf } from "../../inputs/sequences.ts";

/** Rows whose last token came `distance` tokens before. */
export interface TestRows {
  readonly kind: InductionTest["kind"];
  readonly tokens: Tensor<Int32Array>;
  readonly distance: number;
}

export interface TestOptions {
  readonly signal?: AbortSignal | undefined;
  /** How many of the rows are done. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** What the model makes of one row's end. */
interface Answer {
  readonly rank: number;
  readonly probability: number;
  readonly top: readonly { readonly token: number; readonly probability: number }[];
}

const POSITION = "test_position";
const TOP = 5;

/**
 * The target of a row is the token after the earlier copy of its last token.
 *
 * @returns shares with 95 % intervals (Wilson's; t for the probability); guessing has 1 / vocabulary, 5 / vocabulary
 * @see notebooks about induction try one row; this takes many
 */
export async function inductionTest(
  model: LoadedModel,
  backend: Backend,
  tokenizer: Tokenizer | null,
  { kind, tokens, distance }: TestRows,
  options: TestOptions,
): Promise<InductionTest> {
  const [examples, length] = tokens.shape as readonly [number, number];
  const { vocabulary } = model.architecture;
  const targetOf = (row: number) => tokens.data[row * length + length - distance]!;
  const answers: Answer[] = [];
  await lastLogits(model, backend, tokens, options, (logits, row) =>
    answers.push(answerOf(logits, targetOf(row))),
  );
  const tokenOf = (token: number) => ({ token, piece: piecesOf(tokenizer, [token])[0]! });
  const share = (count: number, chance: number) => ({
    value: count / examples,
    interval: proportionInterval(count, examples),
    chance,
  });
  const probabilities = answers.map(({ probability }) => probability);
  const within = (most: number) => answers.filter(({ rank }) => rank <= most).length;
  const [first] = answers as [Answer];
  return {
    kind,
    examples,
    length,
    position: length - 1,
    distance,
    predicted: share(within(1), 1 / vocabulary),
    inTopFive: share(within(TOP), Math.min(1, TOP / vocabulary)),
    probability: {
      value: moments(probabilities).mean,
      interval: meanInterval(probabilities),
      chance: 1 / vocabulary,
    },
    rank: moments(answers.map(({ rank }) => rank)).mean,
    first: {
      repeated: tokenOf(tokens.data[length - 1]!),
      target: tokenOf(targetOf(0)),
      rank: first.rank,
      probability: first.probability,
      top: first.top.map(({ token, probability }) => ({ ...tokenOf(token), probability })),
    },
  };
}

/** Logits at the last position of every row, a few rows at a time. */
async function lastLogits(
  { program, architecture: { layers } }: LoadedModel,
  backend: Backend,
  tokens: Tensor<Int32Array>,
  { signal, progress }: TestOptions,
  take: (logits: Float32Array, row: number) => void,
): Promise<void> {
  const [examples, length] = tokens.shape as readonly [number, number];
  const last = lastProgram(program, layers);
  const perRun = rowsPerRun(last, backend, length);
  const session = await prepare(last, backend, { batch: perRun, position: length, [POSITION]: 1 });
  try {
    for (const chunk of chunksOf(examples, perRun)) {
      throwIfAborted(signal);
      const position = tensor(["position"], [1], Int32Array.of(length - 1));
      const feeds = new Map([
        ["tokens", takeRows(tokens, chunk)],
        [POSITION, position],
      ]);
      const { data } = (await session.run(feeds)).get("logits")!;
      const width = data.length / chunk.length;
      chunk.forEach((row, index) => take(data.subarray(index * width, (index + 1) * width), row));
      progress?.(chunk.at(-1)! + 1, examples);
      await turn();
    }
  } finally {
    await session.close();
  }
}

/** Logits at the positions that a run asks for; the stream before them is needed whole. */
function lastProgram(program: Program, layers: number): Program {
  const outputs = ["logits", residBefore(layers, layers)];
  return narrow(slice(program, { outputs }), {
    outputs: ["logits"],
    axis: "position",
    rows: POSITION,
  });
}

function answerOf(logits: Float32Array, target: number): Answer {
  const probabilities = softmax(logits);
  const probability = (token: number) => probabilities[token]!;
  const order = [...logits.keys()].sort((id, other) => logits[other]! - logits[id]!);
  return {
    rank: 1 + logits.filter((logit) => logit > logits[target]!).length,
    probability: probability(target),
    top: order.slice(0, TOP).map((token) => ({ token, probability: probability(token) })),
  };
}
