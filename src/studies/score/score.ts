/** @file `score`: the five attention scores of every head, with intervals, and the losses of both copies. */
import { lossesByToken, nextTokens } from "../../measure/nextTokens.ts";
import { unpackScores } from "../../measure/unpackScores.ts";
import { attentionTableFeeds } from "../../graph/edits/withAttentionScores.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { Backend } from "../../base/backend.ts";
import { checkCanRun } from "../common/canRun.ts";
import { overflowWords } from "../common/overflow.ts";
import { overSeeds } from "../common/overSeeds.ts";
import { scoreSeeds } from "./seeds.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { InputError, UnableError } from "../../base/errors.ts";
import { tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import { attentionTables, ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import { stopByPrecision, type Precision } from "../../measure/stopByPrecision.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Architecture } from "../../models/family.ts";
import { headOffsets, headsIn } from "../../models/headCounts.ts";
import type { ScoreName, ScoreResult } from "./result.ts";
import { layersOutOfReach } from "../../inputs/windowReach.ts";
import { scoredRowsPerRun } from "../../runtime/chunks.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import type { RepeatedRows } from "../../inputs/scoreInput.ts";
import { scoreProgram, SCORE_VALUES } from "./scoreProgram.ts";
import {
  SCORE_OPTIONS,
  scorePlan,
  type PrecisionTarget,
  type ScoreOptions,
  type ScorePlan,
} from "./plan.ts";
import { scoreResultOf, type MeasuredScores } from "./buildResult.ts";
import { checkOptionNames } from "../../base/optionNames.ts";
import { byteSize } from "../../base/byteSize.ts";

/**
 * Scores every head of a model on repeated random tokens.
 *
 * @returns scores from 0 to 1 with 95 % intervals, and losses in nats. On a model without any structure each score is near `uniform` and both losses are
 *   near ln(vocabulary)
 * @throws {InputError} for options that do not fit the model, or weights that change meanwhile
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function score(model: LoadedModel, options: ScoreOptions = {}): Promise<ScoreResult> {
  checkOptionNames("score", options, SCORE_OPTIONS);
  checkCanRun("score", model);
  const backend = await engineFor(model, options);
  const { seeds, results } = await overSeeds(options, (seedOptions) =>
    scoreOnce(model, backend, seedOptions),
  );
  return results.length === 1 ? results[0]! : { ...results[0]!, seeds: scoreSeeds(seeds, results) };
}

async function scoreOnce(
  model: LoadedModel,
  engine: Backend,
  options: ScoreOptions,
): Promise<ScoreResult> {
  const { architecture } = model;
  const plan = withLossesIfAny(model, await scorePlan(architecture, options), options);
  const { rows, lossExamples } = plan;
  const { length } = rows.info;
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const program = scoreProgram(model.program, architecture, {
      measures: ATTENTION_SCORES.length,
      withLoss: lossExamples > 0,
    });
    const perRun = scoredRowsPerRun(program, backend, length);
    const sizes = {
      batch: perRun,
      position: length,
      [SCORE_VALUES.lossRows]: Math.min(perRun, lossExamples),
    };
    const session = await prepare(program, backend, sizes, { isAlone: true });
    const prepared = elapsed();
    try {
      const { signal, progress, soFar } = options;
      const timings = () => ({ prepare: prepared, run: elapsed() - prepared });
      const tell =
        soFar &&
        ((part: MeasuredScores) => {
          const scored = { ...plan, rows: firstRows(rows, part.examples) };
          soFar(scoreResultOf(model, backend, scored, part, timings()));
        });
      const request = { ...plan, architecture, signal, progress, soFar: tell };
      const measured = await measureRows(session, rows, request);
      const measuredRows = firstRows(rows, measured.examples);
      const isBeyond = layersOutOfReach(architecture, rows.period).length === architecture.layers;
      const blind = isBeyond ? [] : await blindWarning(model, backend, measured);
      const warnings = [...rows.warnings, ...blind];
      const scored = { ...plan, rows: { ...measuredRows, warnings } };
      return scoreResultOf(model, backend, scored, measured, timings());
    } finally {
      await session.close();
    }
  });
}

/** A head that gives the token after the earlier copy more than this does not see all alike, as one whose tokens are lost does. */
const SURELY_SEEN = 0.5;

/** What to say where attention is the same whatever the tokens: the run may overflow, and norms then make 0 of what they read. */
async function blindWarning(
  model: LoadedModel,
  backend: Backend,
  { scores, examples }: MeasuredScores,
): Promise<string[]> {
  const isSame = (values: Float64Array) =>
    values.every((value) => Math.abs(value - values[0]!) < 1e-6 || Number.isNaN(value));
  const heads = scores.flat().map(({ induction }) => induction);
  if (examples < 2 || !heads.every(isSame) || heads.some(([first]) => first! > SURELY_SEEN))
    return [];
  return [
    (await overflowWords(model, backend)) ??
      "no head's attention depends on the tokens, as with weights of zero",
  ];
}

/**
 * A model without an unembedding has no losses; one whose losses were asked for is refused.
 *
 * @throws {InputError} "options"
 */
function withLossesIfAny(
  { program }: LoadedModel,
  plan: ScorePlan,
  { lossExamples }: ScoreOptions,
): ScorePlan {
  const headless = program.absent?.["logits"];
  if (!headless) return plan;
  if ((lossExamples ?? 0) !== 0)
    throw new InputError("options", `\`lossExamples\` needs logits: ${headless}`, {
      option: "lossExamples",
    });
  const warnings = [...plan.rows.warnings, `no losses: ${headless}`];
  return { ...plan, lossExamples: 0, rows: { ...plan.rows, warnings } };
}

/**
 * Rows whose losses a run computes at least. WebGPU refuses a kernel without work, and the engine divides by the rows of a
 * convolution: there a run that gives no losses computes those of a row that nobody reads.
 */
function leastLossRows({ backend, program }: Session): 0 | 1 {
  const divides = program.ops.some(({ op }) => op === "convolve" || op === "recur");
  return backend.device === "webgpu" || divides ? 1 : 0;
}

/** The stopping rule is checked after every LOOK sequences. */
const LOOK = 10;

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

export interface MeasureOptions extends Pick<StudyOptions, "signal" | "progress"> {
  readonly architecture: Pick<Architecture, "layers" | "heads" | "headsByLayer">;
  /** How many of the rows, from the first on, give losses. */
  readonly lossExamples: number;
  /** What to stop at; null or left out: all rows are measured. */
  readonly precision?: PrecisionTarget | null | undefined;
  /** Of the draws that say how precise the scores are. */
  readonly seed?: number | undefined;
  /** Told what is measured after each run but the last; without losses. */
  readonly soFar?: ((measured: MeasuredScores) => void) | undefined;
}

/** The five scores of every head for each row, and losses of the first `lossExamples`, by a session of `scoreProgram`. */
export async function measureRows(
  session: Session,
  { tokens, start, period }: Pick<RepeatedRows, "tokens" | "start" | "period">,
  { architecture, lossExamples, precision = null, seed, signal, progress, soFar }: MeasureOptions,
): Promise<MeasuredScores> {
  const [examples, length] = tokens.shape as readonly [number, number];
  const tables = attentionTableFeeds(attentionTables({ start, period, length }));
  const { layers } = architecture;
  const all = headOffsets(architecture).at(-1)!;
  checkScoresFit(session.backend, all, examples);
  const scores = emptyScores(architecture, examples);
  const losses = tensor(
    ["sequence", "position"],
    [lossExamples, length],
    new Float32Array(lossExamples * length),
  );
  const perRun = scoredRowsPerRun(session.program, session.backend, length);
  const leastRows = leastLossRows(session);
  const step = "scoring";
  const lossesIn = ({ first, count }: Rows) => Math.max(0, Math.min(count, lossExamples - first));
  const feeds = (rows: Rows) => {
    const withLoss = lossExamples > 0 ? Math.max(leastRows, lossesIn(rows)) : null;
    return feedsOf(tokens, tables, rows, withLoss);
  };
  let [done, reached]: [number, Precision | null] = [0, null];
  const measuredSoFar = () => scores.map((layer) => layer.map((head) => firstOf(head, done)));
  while (done < examples && !reached?.enough) {
    const untilLook = precision === null ? examples : LOOK;
    const runs = rowsFrom(done, Math.min(done + untilLook, examples), perRun);
    await session.pass(
      runs.map(feeds),
      (trace, run) => {
        const { first, count } = runs[run]!;
        for (let layer = 0; layer < layers; layer++)
          keepScores(scores[layer]!, trace.get(SCORE_VALUES.scores(layer))!, first);
        if (lossesIn(runs[run]!) > 0) keepLosses(losses, trace.get(SCORE_VALUES.loss)!, first);
        done = first + count;
        progress?.(step, done, examples);
        if (done < examples)
          soFar?.({ examples: done, scores: measuredSoFar(), losses: null, precision: null });
      },
      { signal, progress, step },
    );
    if (precision !== null)
      reached = stopByPrecision(inductionOf(scores, done), { ...precision, seed });
  }
  return {
    examples: done,
    scores: measuredSoFar(),
    losses: lossExamples > 0 ? firstLosses(losses, Math.min(done, lossExamples)) : null,
    precision: reached && {
      ...{ target: precision!.target, heads: Math.min(precision!.top ?? Infinity, all) },
      ...reached,
    },
  };
}

/** Neighbouring rows. */
interface Rows {
  readonly first: number;
  readonly count: number;
}

/** Rows `from` to before `to`, at most `most` at a time. */
function rowsFrom(from: number, to: number, most: number): Rows[] {
  return Array.from({ length: Math.ceil((to - from) / most) }, (_, run) => {
    const first = from + run * most;
    return { first, count: Math.min(most, to - first) };
  });
}

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
  tables: readonly (readonly [string, Tensor<TensorData>])[],
  { first, count }: Rows,
  withLoss: number | null,
) {
  const length = tokens.shape[1]!;
  const rows = tokens.data.slice(first * length, (first + count) * length);
  const part = tensor(["batch", "position"], [count, length], rows);
  const feeds = new Map<string, Tensor<TensorData>>([["tokens", part], ...tables]);
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

/** Every score of every sequence is kept, since intervals need them. */
function checkScoresFit(backend: Backend, heads: number, examples: number): void {
  const sizeBytes = 8 * ATTENTION_SCORES.length * heads * examples;
  const available = backend.availableBytes();
  if (sizeBytes <= available) return;
  throw new UnableError(
    `the scores of ${examples} sequences and ${heads} heads take ${byteSize(sizeBytes, "up")}, ${backend.device} has ${byteSize(available, "down")}; ask for fewer sequences`,
  );
}

function emptyScores(architecture: MeasureOptions["architecture"], examples: number) {
  const head = () =>
    Object.fromEntries(
      ATTENTION_SCORES.map((name) => [name, new Float64Array(examples)]),
    ) as Record<ScoreName, Float64Array>;
  return Array.from({ length: architecture.layers }, (_, layer) =>
    Array.from({ length: headsIn(architecture, layer) }, head),
  );
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
