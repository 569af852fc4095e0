/** @file How a layer's attention scores are computed, read off its operations: from which stream, queries and keys. */
import { InputError } from "../base/errors.ts";
import { slice } from "../graph/edits/slice.ts";
import type { Op } from "../graph/ops.ts";
import type { Program } from "../graph/program.ts";
import { summandsOf } from "./finalLayers.ts";
import { hookName } from "./points.ts";

export interface ScoreInputs {
  /** The residual stream before the layer. */
  readonly stream: string;
  /** What it is the sum of: embeddings, attention and MLP outputs of earlier layers. */
  readonly summands: readonly string[];
  /** Embedded positions that queries and keys get beside the stream (shortformer); else null. */
  readonly beside: string | null;
  /** Scales of the norms between stream and scores: with these frozen, queries and keys are linear in the stream. */
  readonly scales: readonly string[];
  /** Rotated: [batch, query, head, d_head], where keys are shared [batch, query, kv_head, group, d_head]. */
  readonly queries: string;
  /** Rotated: [batch, key, head or kv_head, d_head]. */
  readonly keys: string;
  /** What products of queries and keys are multiplied by. */
  readonly scale: number;
}

const BESIDE = "hook_pos_embed";

/**
 * The way from a layer's stream to its scores.
 *
 * @throws {InputError} "why" for a model whose scores are not q·k/√d plus a mask plus a mask
 */
export function scoreInputs(program: Program, layer: number): ScoreInputs {
  const producers = new Map(program.ops.map((op) => [op.output, op]));
  const { queries, keys, scale } = productOf(producers, layer);
  const stream = hookName(layer, "hook_resid_pre");
  const between = slice(program, { outputs: [queries, keys], from: [stream] }).ops;
  return {
    stream,
    summands: summandsOf(producers, stream),
    beside: between.some(({ output }) => output === BESIDE) ? BESIDE : null,
    scales: between.filter(({ op }) => op === "scale").map(({ output }) => output),
    queries,
    keys,
    scale,
  };
}

/** scores = product + mask, where heads of one group may be merged again after the product. */
function productOf(producers: ReadonlyMap<string, Op>, layer: number) {
  const scores = producers.get(hookName(layer, "attn.hook_attn_scores"));
  const raw = scores?.op === "add" ? producers.get(scores.inputs[0]!) : undefined;
  const product = raw?.op === "mergeAxes" ? producers.get(raw.inputs[0]!) : raw;
  if (product?.op !== "contract" || product.inputs.length !== 2)
    throw new InputError(
      "why",
      `the attention scores of layer ${layer} are not q·k/√d plus a mask`,
    );
  const [queries, keys] = product.inputs as [string, string];
  return { queries, keys, scale: product.attributes.scale ?? 1 };
}
