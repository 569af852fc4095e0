/** @file `why`: why a head attends from one token to another, part by part, and what it then does to the next token. */
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import type { Tensor } from "../../base/tensor.ts";
import { slice } from "../../graph/edits/slice.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { WhyResult } from "./result.ts";
import type { Backend, Trace } from "../../base/backend.ts";
import { prepare } from "../../runtime/prepare.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { rowOf, sequencesOf, type Sequences } from "../../inputs/sequences.ts";
import { headCalled, type HeadAt } from "../../interventions/headNames.ts";
import { hookName } from "../../interventions/points.ts";
import { scoreInputs, type ScoreInputs } from "../../interventions/scoreInputs.ts";
import { streamPartNames } from "../../interventions/streamParts.ts";
import { cellEffect, effectNames } from "./whyEffect.ts";
import { whyResultOf } from "./buildResult.ts";
import { scoreTakenApart } from "./whyScore.ts";

export interface WhyOptions extends StudyOptions {
  /** layer.head, such as "1.2". */
  readonly head: string;
  /** Position that looks; negative counts from the end. Left out: the last. */
  readonly query?: number | undefined;
  /** Position that is looked at; negative counts from the query. Left out: the one with most weight, but for the first. */
  readonly key?: number | undefined;
  /** A text for the model's tokenizer. */
  readonly text?: string | undefined;
  /** Token ids, used as they are. Without text and tokens: one generated row `[BOS] r r`. */
  readonly tokens?: readonly number[] | undefined;
  readonly bos?: BosChoice | undefined;
  readonly seqLen?: number | undefined;
  readonly seed?: number | undefined;
  /** Token whose logit the effect is on. Left out: the sequence's next token, or else the most likely one. */
  readonly target?: number | undefined;
  /** Tokens to list as raised and lowered, and keys of the row; left out: 5. */
  readonly topK?: number | undefined;
}

/** One run of the tokens up to the query. */
export interface WhyRun {
  readonly saved: Trace;
  /** Of the head's query, by key; minus infinity where it may not look. */
  readonly scores: Float32Array;
  readonly weights: Float32Array;
  readonly visible: readonly number[];
}

/**
 * Takes one attention score apart.
 *
 * score[q, k] = scale * sum over parts a, b of Q(a, q) . K(b, k), where the stream before the layer is the sum of parts, Q and
 * K are the layer's norm with its scale frozen (that of queries and keys too), the head's projection, with the key head of its
 * group, and the rotation of the position. Biases are a part of their own. All is linear then, so the parts sum to the score.
 *
 * contrast: every key part less its mean over the keys that the query sees; what all keys share cancels in softmax.
 * effect: logits(A[q, k] v_k W_O) with the final norm's scale frozen, less the mean over tokens.
 *
 * @returns contributions in the unit of scores before softmax (nats); a part that says nothing has 0
 * @throws {InputError} "unknown-head", "range" for positions that are not there or not seen, "why" for a model whose scores
 *   are no product, and as `sequencesOf`
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see Elhage et al. 2021; TransformerLens' demos take one side of the score apart at a time, and fold norms first
 */
export async function why(model: LoadedModel, options: WhyOptions): Promise<WhyResult> {
  const backend = await engineFor(model, options);
  const at = headCalled(options.head, model.architecture);
  const inputs = scoreInputs(model.program, at.layer);
  const found = await sequencesOf(model, sequenceInput(options));
  const { tokens } = found.sequences[0]!;
  checkTarget(options.target, model.architecture.vocabulary);
  const query = queryOf(options.query, tokens.length);
  const told = teller(options, inputs, model.architecture.heads);
  await model.unchanged();
  const started = performance.now();
  told();
  const run = await savedRun(model, backend, inputs, at, query, found);
  const cell = { ...at, query, key: keyOf(options.key, query, run) };
  const apart = await scoreTakenApart(model, backend, inputs, cell, run, told);
  const effect = await cellEffect(model, backend, cell, run.weights[cell.key]!, run.saved);
  await model.unchanged();
  const timings = { run: performance.now() - started };
  return whyResultOf(model, backend, { inputs, found, cell, run, apart, effect, timings }, options);
}

function sequenceInput({ text, tokens, bos, seqLen, seed }: WhyOptions) {
  return {
    ...(text !== undefined && { texts: [text] }),
    ...(tokens !== undefined && { tokens: [tokens] }),
    ...(bos !== undefined && { bos }),
    ...(seqLen !== undefined && { seqLen }),
    ...(seed !== undefined && { seed }),
    numExamples: 1,
  };
}

/** Stops where asked to, and says how many parts of the stream are done. */
function teller(
  { signal, progress }: WhyOptions,
  { summands }: ScoreInputs,
  heads: number,
): (parts?: number) => void {
  const total = summands.reduce((sum, name) => sum + (name.endsWith("attn_out") ? heads : 1), 0);
  let done = 0;
  return (parts = 0) => {
    throwIfAborted(signal);
    progress?.("taking the score apart", Math.min(total, (done += parts)), total);
  };
}

async function savedRun(
  { program }: LoadedModel,
  backend: Backend,
  { stream, summands, beside, scales }: ScoreInputs,
  { layer, head }: HeadAt,
  query: number,
  { sequences }: Sequences,
): Promise<WhyRun> {
  const [scoreName, patternName] = [
    hookName(layer, "attn.hook_attn_scores"),
    hookName(layer, "attn.hook_pattern"),
  ];
  const outputs = new Set([
    ...streamPartNames(summands),
    ...(beside ? [beside] : []),
    ...scales,
    ...effectNames(program, layer),
    stream,
    scoreName,
    patternName,
    "logits",
  ]);
  const length = query + 1; // later tokens change nothing here
  const sliced = slice(program, { outputs: [...outputs] });
  const session = await prepare(sliced, backend, { batch: 1, position: length });
  try {
    const saved = await session.run(new Map([["tokens", rowOf(sequences[0]!, length)]]));
    const scores = rowOfHead(saved.get(scoreName)!, head, query);
    const weights = rowOfHead(saved.get(patternName)!, head, query);
    const visible = [...scores.keys()].filter((key) => scores[key]! > -Infinity);
    return { saved, scores, weights, visible };
  } finally {
    await session.dispose();
  }
}

/** One row of [1, head, query, key]. */
function rowOfHead({ data, shape }: Tensor, head: number, query: number): Float32Array {
  const [, , queries, keys] = shape as readonly [number, number, number, number];
  const from = (head * queries + query) * keys;
  return data.slice(from, from + keys);
}

function queryOf(asked: number | undefined, length: number): number {
  const query = asked === undefined ? length - 1 : asked < 0 ? length + asked : asked;
  if (Number.isInteger(query) && query >= 0 && query < length) return query;
  throw new InputError(
    "range",
    `the query must be a position from 0 to ${length - 1}, got ${asked}`,
  );
}

function keyOf(asked: number | undefined, query: number, { visible, weights }: WhyRun): number {
  if (asked === undefined) {
    const later = visible.filter((key) => key > 0); // heads rest on the first token
    return (later.length > 0 ? later : visible).reduce((best, key) =>
      weights[key]! > weights[best]! ? key : best,
    );
  }
  const key = asked < 0 ? query + 1 + asked : asked;
  if (visible.includes(key)) return key;
  throw new InputError(
    "range",
    `query ${query} sees keys ${visible[0]} to ${visible.at(-1)}, got ${asked}`,
  );
}

function checkTarget(target: number | undefined, vocabulary: number): void {
  if (target === undefined || (Number.isInteger(target) && target >= 0 && target < vocabulary))
    return;
  throw new InputError(
    "tokens",
    `the target must be an id from 0 to ${vocabulary - 1}, got ${target}`,
  );
}
