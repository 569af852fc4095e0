/** @file `score`: the five attention scores of every head, with intervals, and the losses of both copies. */
import { lossesByToken, nextTokens } from "../../measure/nextTokens.ts";
import { unpackScores } from "../../measure/unpackScores.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { attentionTables, ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import { stopByPrecision, type Precision } from "../../measure/stopByPrecision.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import { isMissing, required } from "../../models/anatomy/programAnatomy.ts";
import type { Architecture } from "../../models/family.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { ScoreName, ScoreResult } from "./result.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import {
  generatedRows,
  ownRows,
  type GeneratedInput,
  type OwnTokens,
  type RepeatedRows,
} from "../../inputs/scoreInput.ts";
import { scoreProgram, SCORE_VALUES } from "./scoreProgram.ts";
import { scoreResultOf, type Measured } from "./buildResult.ts";

export interface ScoreOptions extends GeneratedInput, StudyOptions {
  /** Measure these rows in place of generated ones. */
  readonly own?: OwnTokens | undefined;
  /**
   * Half-width to reach for the scores of all heads at once, such as .02: sequences are drawn until then, and no more than
   * `numExamples` (left out: 400).
   */
  readonly precision?: number | undefined;
  /** How many of the rows also give losses; left out: 10. */
  readonly lossExamples?: number | "all" | undefined;
  /** Heads in the list of the best; left out: 5. */
  readonly topHeads?: number | undefined;
  /** Told the step and how many of its rows are done. */
}

const LOSS_EXAMPLES = 10;
const TOP_HEADS = 5;

/**
 * Scores every head of a model on repeated random tokens.
 *
 * @returns scores from 0 to 1 with 95 % intervals, and losses in nats. On a model without any structure each score is near `uniform` and both losses are
 *   near ln(vocabulary)
 * @throws {InputError} for options that do not fit the model, or weights that change meanwhile
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function score(model: LoadedModel, options: ScoreOptions = {}): Promise<ScoreResult> {
  const backend = await engineFor(model, options);
  const rows = await rowsFor(model.architecture, options);
  const examples = rows.info.examples;
  const lossExamples = lossExamplesOf(model, options.lossExamples, examples);
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
    const measured = await measureRows(session, rows, {
      ...options,
      layers: model.architecture.layers,
      heads: model.architecture.heads,
      lossExamples,
    });
    await model.unchanged();
    const timings = { prepare: prepared - started, run: performance.now() - prepared };
    return scoreResultOf(model, backend, firstRows(rows, measured.examples), measured, {
      topHeads: options.topHeads ?? TOP_HEADS,
      timings,
    });
  } finally {
    await session.dispose();
  }
}

/** WebGPU refuses a kernel without work, so a run that gives no losses computes those of a row that nobody reads. */
const LEAST_WEBGPU_ROWS = 1;

const MOST_FOR_PRECISION = 400;
/** Whether to go on is asked each time so many sequences more are done. */
const LOOK = 10;

function rowsFor(architecture: Architecture, options: ScoreOptions): Promise<RepeatedRows> {
  const { own, precision } = options;
  if (precision !== undefined) checkPrecision(precision, own !== undefined);
  if (own) return ownRows(architecture, own);
  const numExamples =
    options.numExamples ?? (precision === undefined ? undefined : MOST_FOR_PRECISION);
  return Promise.resolve(
    generatedRows(architecture, { ...options, ...(numExamples !== undefined && { numExamples }) }),
  );
}

function checkPrecision(precision: number, own: boolean): void {
  if (own)
    throw new InputError(
      "options",
      "`precision` draws as many sequences as it needs, so it cannot be combined with `own` rows",
      { option: "precision" },
    );
  if (precision > 0 && precision < 1) return;
  throw new InputError(
    "range",
    `\`precision\` needs a half-width between 0 and 1, got ${precision}`,
    { option: "precision" },
  );
}

/** The rows that were measured. */
function firstRows(rows: RepeatedRows, examples: number): RepeatedRows {
  if (examples === rows.info.examples) return rows;
  const { axes, data, shape } = rows.tokens;
  const length = shape[1]!;
  return {
    ...rows,
    tokens: tensor(axes, [examples, length], data.slice(0, examples * length)),
    info: { ...rows.info, examples },
  };
}

/** The default shrinks to what there is, none for a model without logits; a number that was asked for does not. */
function lossExamplesOf(
  { program, architecture }: LoadedModel,
  asked: number | "all" | undefined,
  examples: number,
): number {
  const { logits } = anatomy(program, architecture);
  if (isMissing(logits) && asked === undefined) return 0;
  if (asked !== 0) required(logits);
  if (asked === "all") return examples;
  if (asked === undefined) return Math.min(LOSS_EXAMPLES, examples);
  if (Number.isInteger(asked) && asked >= 0 && asked <= examples) return asked;
  throw new InputError(
    "range",
    `losses need \`lossExamples\` from 0 to all ${examples} examples, got ${asked}`,
    { option: "lossExamples" },
  );
}

/** The five scores of every head for each row, and losses of the first `lossExamples`, by a session of `scoreProgram`. */
export async function measureRows(
  session: Session,
  { tokens, start, period }: Pick<RepeatedRows, "tokens" | "start" | "period">,
  {
    layers,
    heads,
    lossExamples,
    precision,
    seed,
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
  const leastRows = session.backend.device === "webgpu" ? LEAST_WEBGPU_ROWS : 0;
  let [done, reached]: [number, Precision | null] = [0, null];
  while (done < examples && !reached?.enough) {
    throwIfAborted(signal);
    const first = done;
    const untilLook = precision === undefined ? examples : LOOK - (first % LOOK);
    const count = Math.min(perRun, untilLook, examples - first);
    const withLoss = Math.max(0, Math.min(count, lossExamples - first));
    const trace = await session.run(
      feedsOf(
        tokens,
        tables,
        first,
        count,
        lossExamples > 0 ? Math.max(leastRows, withLoss) : null,
      ),
    );
    for (let layer = 0; layer < layers; layer++)
      keepScores(scores[layer]!, trace.get(SCORE_VALUES.scores(layer))!, first);
    if (withLoss > 0) keepLosses(losses, trace.get(SCORE_VALUES.loss)!, first);
    done += count;
    if (precision !== undefined && (done % LOOK === 0 || done === examples))
      reached = stopByPrecision(inductionOf(scores, done), { target: precision, ...seedOf(seed) });
    progress?.("scoring", done, examples);
    await turn();
  }
  return {
    examples: done,
    scores: scores.map((layer) => layer.map((head) => firstOf(head, done))),
    losses: lossExamples > 0 ? firstLosses(losses, Math.min(done, lossExamples)) : null,
    precision: reached && { target: precision!, ...reached },
  };
}

const seedOf = (seed: number | undefined) => (seed === undefined ? {} : { seed });

/** Induction scores so far, axes [head, sequence]. */
function inductionOf(
  scores: readonly (readonly Readonly<Record<ScoreName, Float64Array>>[])[],
  count: number,
) {
  const heads = scores.flat().map(({ induction }) => induction.subarray(0, count));
  const all = new Float64Array(heads.length * count);
  heads.forEach((values, head) => all.set(values, head * count));
  return tensor(["head", "sequence"], [heads.length, count], all);
}

function firstOf(
  head: Readonly<Record<ScoreName, Float64Array>>,
  count: number,
): Record<ScoreName, Float64Array> {
  return Object.fromEntries(
    ATTENTION_SCORES.map((name) => [name, head[name].subarray(0, count)]),
  ) as Record<ScoreName, Float64Array>;
}

function firstLosses(losses: Tensor, count: number): Tensor {
  const length = losses.shape[1]!;
  return tensor(losses.axes, [count, length], losses.data.slice(0, count * length));
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
  const rows = tokens.data.slice(first * length, (first + count) * length);
  const part = tensor(["batch", "position"], [count, length], rows);
  const feeds = new Map<string, Tensor | Tensor<Int32Array>>([
    ["tokens", part],
    [SCORE_VALUES.tables, tables],
  ]);
  if (withLoss !== null) {
    feeds.set(SCORE_VALUES.targets, nextTokens(part));
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

function keepScores(
  layer: readonly Readonly<Record<ScoreName, Float64Array>>[],
  trace: Tensor,
  first: number,
): void {
  const unpacked = unpackScores(trace);
  ATTENTION_SCORES.forEach((name, measure) =>
    unpacked[measure]!.forEach((values, head) => layer[head]![name].set(values, first)),
  );
}

function keepLosses(losses: Tensor, trace: Tensor, first: number): void {
  losses.data.set(lossesByToken(trace).data, first * trace.shape[1]!);
}
