/** @file `score`: the five attention scores of every head, with intervals, and the losses of both copies. */
import { InputError, Interrupted } from "../base/errors.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { attentionTables, ATTENTION_SCORES } from "../measure/attentionTables.ts";
import type { LoadedModel } from "../models/loaded.ts";
import type { ScoreName, ScoreResult } from "../results/score.ts";
import type { Backend } from "../runtime/backend.ts";
import { rowsPerRun } from "../runtime/chunks.ts";
import { prepare, type Session } from "../runtime/prepare.ts";
import { turn } from "../runtime/turn.ts";
import {
  generatedRows,
  ownRows,
  type GeneratedInput,
  type OwnTokens,
  type RepeatedRows,
} from "./scoreInput.ts";
import { scoreProgram, SCORE_VALUES } from "./scoreProgram.ts";
import { scoreResultOf, type Measured } from "./scoreResult.ts";

export interface ScoreOptions extends GeneratedInput {
  /** Measure these rows in place of generated ones. */
  readonly own?: OwnTokens;
  /** How many of the rows also give losses; left out: 10. */
  readonly lossExamples?: number | "all";
  /** Heads in the list of the best; left out: 5. */
  readonly topHeads?: number;
  readonly signal?: AbortSignal;
  /** Told the step and how many of its rows are done. */
  readonly progress?: (step: string, done: number, total: number) => void;
}

const LOSS_EXAMPLES = 10;
const TOP_HEADS = 5;

/**
 * Scores every head of a model on repeated random tokens.
 *
 * @returns the Result of DESIGN 6. On a model without any structure each score is near `uniform` and both losses are
 *   near ln(vocabulary)
 * @throws {InputError} for options that do not fit the model, or weights that change meanwhile
 * @throws {Interrupted} between two runs once `signal` is aborted
 */
export async function score(
  model: LoadedModel,
  backend: Backend,
  options: ScoreOptions = {},
): Promise<ScoreResult> {
  const rows = options.own
    ? await ownRows(model.architecture, options.own)
    : generatedRows(model.architecture, options);
  const examples = rows.info.examples;
  const lossExamples = lossExamplesOf(options.lossExamples, examples);
  await model.unchanged();
  const started = performance.now();
  const program = scoreProgram(model.program, model.architecture, {
    measures: ATTENTION_SCORES.length,
    withLoss: lossExamples > 0,
  });
  const length = rows.info.length;
  const perRun = rowsPerRun(program, backend, length);
  const session = await prepare(program, backend, {
    batch: perRun,
    position: length,
    [SCORE_VALUES.lossRows]: Math.min(perRun, lossExamples),
  });
  const prepared = performance.now();
  try {
    const measured = await measure(session, rows, {
      ...options,
      layers: model.architecture.layers,
      heads: model.architecture.heads,
      lossExamples,
    });
    await model.unchanged();
    const timings = { prepare: prepared - started, run: performance.now() - prepared };
    return scoreResultOf(model, backend, rows, measured, {
      topHeads: options.topHeads ?? TOP_HEADS,
      timings,
    });
  } finally {
    await session.dispose();
  }
}

/** The default shrinks to what there is; a number that was asked for does not. */
function lossExamplesOf(asked: number | "all" | undefined, examples: number): number {
  if (asked === "all") return examples;
  if (asked === undefined) return Math.min(LOSS_EXAMPLES, examples);
  if (Number.isInteger(asked) && asked >= 0 && asked <= examples) return asked;
  throw new InputError(
    "range",
    `losses need from 0 to all ${examples} examples (--loss-examples), got ${asked}`,
  );
}

async function measure(
  session: Session,
  { tokens, start, period }: RepeatedRows,
  {
    layers,
    heads,
    lossExamples,
    signal,
    progress,
  }: ScoreOptions & { layers: number; heads: number; lossExamples: number },
): Promise<Measured> {
  const [examples, length] = tokens.shape as readonly [number, number];
  const tables = attentionTables({ start, period, length });
  const scores = emptyScores(layers, heads, examples);
  const losses = tensor(
    ["sequence", "position"],
    [lossExamples, length],
    new Float32Array(lossExamples * length),
  );
  const perRun = rowsPerRun(session.program, session.backend, length);
  for (let first = 0; first < examples; first += perRun) {
    if (signal?.aborted) throw new Interrupted("stopped while scoring");
    const count = Math.min(perRun, examples - first);
    const withLoss = Math.max(0, Math.min(count, lossExamples - first));
    const trace = await session.run(
      feedsOf(tokens, tables, first, count, lossExamples > 0 ? withLoss : null),
    );
    for (let layer = 0; layer < layers; layer++)
      keepScores(scores[layer]!, trace.get(SCORE_VALUES.scores(layer))!, first);
    if (withLoss > 0) keepLosses(losses, trace.get(SCORE_VALUES.loss)!, first);
    progress?.("scoring", first + count, examples);
    await turn();
  }
  return { scores, losses: lossExamples > 0 ? losses : null };
}

/** Rows first ... first + count - 1, and which of them give losses; targets are the tokens one to the left. */
function feedsOf(
  tokens: Tensor<Int32Array>,
  tables: Tensor,
  first: number,
  count: number,
  withLoss: number | null,
) {
  const length = tokens.shape[1]!;
  const axes = ["batch", "position"];
  const rows = tokens.data.slice(first * length, (first + count) * length);
  const feeds = new Map<string, Tensor | Tensor<Int32Array>>([
    ["tokens", tensor(axes, [count, length], rows)],
    [SCORE_VALUES.tables, tables],
  ]);
  if (withLoss !== null) {
    const targets = rows.map((_, index) => (index % length === length - 1 ? 0 : rows[index + 1]!));
    feeds.set(SCORE_VALUES.targets, tensor(axes, [count, length], targets));
    feeds.set(
      SCORE_VALUES.lossRows,
      tensor(
        ["batch"],
        [withLoss],
        Int32Array.from({ length: withLoss }, (_, row) => row),
      ),
    );
  }
  return feeds;
}

function emptyScores(layers: number, heads: number, examples: number) {
  const head = () =>
    Object.fromEntries(
      ATTENTION_SCORES.map((name) => [name, new Float64Array(examples)]),
    ) as Record<ScoreName, Float64Array>;
  return Array.from({ length: layers }, () => Array.from({ length: heads }, head));
}

/** `trace` has axes [batch, measure, head]. */
function keepScores(
  layer: readonly Readonly<Record<ScoreName, Float64Array>>[],
  trace: Tensor,
  first: number,
): void {
  const [rows, measures, heads] = trace.shape as readonly [number, number, number];
  for (let row = 0; row < rows; row++) {
    ATTENTION_SCORES.forEach((name, measure) => {
      for (let head = 0; head < heads; head++) {
        layer[head]![name][first + row] = trace.data[(row * measures + measure) * heads + head]!;
      }
    });
  }
}

/** The loss at position p is that of the token at p + 1. */
function keepLosses(losses: Tensor, trace: Tensor, first: number): void {
  const [rows, length] = trace.shape as readonly [number, number];
  for (let row = 0; row < rows; row++) {
    for (let position = 0; position + 1 < length; position++) {
      losses.data[(first + row) * length + position + 1] = trace.data[row * length + position]!;
    }
  }
}
