/** @file `why`: why a head attends from one token to another, part by part, and what it then does to the next token. */
import { checkCanRun } from "../common/canRun.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import type { Tensor } from "../../base/tensor.ts";
import { clampsApart } from "../../graph/edits/clampsApart.ts";
import { slice } from "../../graph/edits/slice.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { WhyResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { prepare } from "../../runtime/prepare.ts";
import { rowOf, sequencesOf, type Sequences } from "../../inputs/sequences.ts";
import type { HeadAt } from "../../base/headName.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import { requirePart, type AlibiFill } from "../../models/anatomy/programAnatomy.ts";
import { alibiMask } from "../../runtime/alibiMask.ts";
import { streamPartNames } from "../../interventions/streamParts.ts";
import { cellEffect, effectNames } from "./whyEffect.ts";
import { whyResultOf } from "./buildResult.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { WHY_OPTIONS, whyPlan, type WhyOptions } from "./plan.ts";
import type { WhyLayer, WhyRun } from "./whyRun.ts";
import { checkOptionNames } from "../../base/optionNames.ts";
import { frozenIn, scoreTakenApart } from "./whyScore.ts";

/**
 * Takes one attention score apart.
 *
 * score[q, k] = scale * sum over parts a, b of Q(a, q) . K(b, k), where the stream before the layer is the sum of parts, Q and
 * K are the layer's norm with its scale frozen (that of queries and keys too), the head's projection, with the key head of its
 * group, and the rotation of the position. An entry beyond the bounds of OLMo's queries and keys is its bound, a bias. Biases are a part of their own, and so is what linear biases (ALiBi) add for the
 * distance. All is linear then, so the parts sum to the score; where scores are capped, to the score before its cap.
 *
 * contrast: every key part less its mean over the keys that the query sees; what all keys share cancels in softmax.
 * effect: logits(A[q, k] v_k W_O) with the final norm's scale frozen, less the mean over tokens; of logits before their cap.
 *
 * @returns contributions in the unit of scores before softmax (nats); a part that says nothing has 0
 * @throws {InputError} "unknown-head", "range" for positions that are not there or not seen, "study" for a model whose
 *   scores or logits are not products, and as `sequencesOf`
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see Elhage et al. 2021; TransformerLens' demos take one side of the score apart at a time, and fold norms first
 */
export async function why(model: LoadedModel, options: WhyOptions): Promise<WhyResult> {
  checkOptionNames("why", options, WHY_OPTIONS);
  checkCanRun("why", model);
  const { architecture, program } = model;
  const plan = whyPlan(architecture, options);
  const layer = anatomy(program, architecture).layers[plan.head.layer]!;
  const inputs = { layer, product: requirePart(layer.attention.scores.product) };
  const linear = { ...model, program: clampsApart(program, inputs.product.clamps) };
  const sequences = await sequencesOf(model, plan.sequence);
  const query = queryOf(plan.query, sequences.sequences[0]!.tokens.length);
  const total = partCount(inputs, architecture.heads);
  checkSize(total, query + 1, architecture.dModel);
  const engine = await engineFor(model, options);
  const advance = partCounter(options, total);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    advance();
    const run = await savedRun(linear, backend, inputs, plan.head, query, sequences);
    const cell = { ...plan.head, query, key: keyOf(plan.key, query, run) };
    const apart = await scoreTakenApart(linear, backend, inputs, cell, run, advance);
    const effect = await cellEffect(model, backend, cell, run.weights[cell.key]!, run.saved);
    const timings = { run: elapsed() };
    return whyResultOf({
      model,
      backend,
      plan,
      inputs,
      sequences,
      cell,
      run,
      apart,
      effect,
      timings,
    });
  });
}

/** Of the stream before the layer. */
function partCount({ layer: { summands } }: WhyLayer, heads: number): number {
  return summands.reduce((sum, { of }) => sum + (of.kind === "attention" ? heads : 1), 0);
}

/** Numbers of all parts at all positions, which take about 20 bytes each: 5 GB. */
const MOST_NUMBERS = 2 ** 28;

/** @throws {InputError} "range" for a row whose parts do not fit into memory, before anything is run */
function checkSize(parts: number, length: number, width = 0): void {
  if (parts * length * width <= MOST_NUMBERS) return;
  const fit = Math.floor(MOST_NUMBERS / (parts * width));
  throw new InputError(
    "range",
    `the ${parts} parts of the stream before this head at ${length} tokens of ${width} numbers do not fit into memory: ` +
      `take a query before position ${fit}, a shorter text, or a head of an earlier layer`,
  );
}

/** Stops where asked to, and says how many parts of the stream are done. */
function partCounter({ signal, progress }: WhyOptions, total: number): (parts?: number) => void {
  let done = 0;
  return (parts = 0) => {
    throwIfAborted(signal);
    progress?.("taking the score apart", Math.min(total, (done += parts)), total);
  };
}

async function savedRun(
  model: LoadedModel,
  backend: Backend,
  { layer: { pre, summands, attention }, product }: WhyLayer,
  { layer, head }: HeadAt,
  query: number,
  { sequences }: Sequences,
): Promise<WhyRun> {
  const {
    scores: { masked, uncapped, alibi },
    pattern,
  } = attention;
  const outputs = new Set([
    ...streamPartNames(model, summands),
    ...(product.positions ? [product.positions] : []),
    ...frozenIn(product),
    ...effectNames(model, layer),
    pre,
    masked,
    uncapped,
    pattern,
    "logits",
  ]);
  const length = query + 1; // later tokens change nothing here
  const sliced = slice(model.program, { outputs: [...outputs] });
  const session = await prepare(sliced, backend, { batch: 1, position: length });
  try {
    const saved = await session.run(new Map([["tokens", rowOf(sequences[0]!, length)]]));
    const scores = rowOfHead(saved.get(masked)!, head, query);
    const weights = rowOfHead(saved.get(pattern)!, head, query);
    const visible = [...scores.keys()].filter((key) => scores[key]! > -Infinity);
    const distances = alibi && distancesSeen(alibi, head, length);
    const products = rowOfHead(saved.get(uncapped)!, head, query);
    const whole = products.map((product, key) => product + (distances?.[key] ?? 0));
    return { saved, scores, uncapped: whole, distances, weights, visible };
  } finally {
    await session.close();
  }
}

/** What linear biases add to each key's score, for the last of `length` queries. */
function distancesSeen(fill: AlibiFill, head: number, length: number): ArrayLike<number> {
  const own = { ...fill, slopes: [fill.slopes[head]!] };
  const whole = alibiMask(new Float64Array(length * length), [1, length, length], own);
  return whole.slice(-length);
}

/** One row of [1, head, query, key]. */
function rowOfHead({ data, shape }: Tensor, head: number, query: number): Float32Array {
  const [, , queries, keys] = shape as readonly [number, number, number, number];
  const from = (head * queries + query) * keys;
  return data.slice(from, from + keys);
}

function queryOf(position: number | null, length: number): number {
  const query = position === null ? length - 1 : position < 0 ? length + position : position;
  if (Number.isInteger(query) && query >= 0 && query < length) return query;
  throw new InputError(
    "range",
    `the query must be a position from 0 to ${length - 1}, got ${position}`,
  );
}

function keyOf(position: number | null, query: number, { visible, weights }: WhyRun): number {
  if (position === null) {
    const later = visible.filter((key) => key > 0); // heads rest on the first token
    return (later.length > 0 ? later : visible).reduce((best, key) =>
      weights[key]! > weights[best]! ? key : best,
    );
  }
  const key = position < 0 ? query + 1 + position : position;
  if (visible.includes(key)) return key;
  throw new InputError(
    "range",
    `query ${query} sees keys ${visible[0]} to ${visible.at(-1)}, got ${position}`,
  );
}
