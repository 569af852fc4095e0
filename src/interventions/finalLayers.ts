/** @file How a Program ends: what its residual stream is the sum of, its final norm, its unembedding. */
import { InputError } from "../base/errors.ts";
import type { Op } from "../graph/ops.ts";
import type { Program } from "../graph/program.ts";

export interface FinalLayers {
  /** The end of the residual stream. */
  readonly stream: string;
  /** What it is the sum of: embeddings, attention and MLP outputs. */
  readonly summands: readonly string[];
  /** Null where there is no final norm. */
  readonly norm: {
    readonly scale: string;
    readonly centring: boolean;
    readonly gain: string | null;
    readonly bias: string | null;
  } | null;
  /** W_U, or W_E where they are tied. */
  readonly unembed: string;
  readonly unembedBias: string | null;
}

/**
 * Reads the end of a forward pass off its operations.
 *
 * @throws {InputError} "lens" if the logits are not a norm and an unembedding of a sum
 */
export function finalLayers(program: Program): FinalLayers {
  const producers = new Map(program.ops.map((op) => [op.output, op]));
  const logits = producers.get("logits");
  if (logits?.op !== "contract")
    throw new InputError("lens", "the logits of this model are not a product with an unembedding");
  const [normed, unembed, unembedBias = null] = logits.inputs as [string, string, string?];
  const gained = producers.get(normed);
  const normOp = gained?.op === "gain" ? producers.get(gained.inputs[0]!)! : gained;
  if (normOp?.op !== "norm")
    return {
      stream: normed,
      summands: summandsOf(producers, normed),
      norm: null,
      unembed,
      unembedBias,
    };
  const [stream, scale, gain, bias] = normOp.inputs as [string, string, string?, string?];
  return {
    stream,
    summands: summandsOf(producers, stream),
    norm: {
      scale,
      centring: normOp.attributes.center,
      gain: gained?.op === "gain" ? gained.inputs[1]! : (gain ?? null),
      bias: bias ?? null,
    },
    unembed,
    unembedBias,
  };
}

/** The terms of a sum, in the order in which they are made. */
export function summandsOf(producers: ReadonlyMap<string, Op>, name: string): string[] {
  const op = producers.get(name);
  if (op?.op === "add" && op.inputs.every((input) => producers.has(input)))
    return op.inputs.flatMap((input) => summandsOf(producers, input));
  return op?.op === "rename" && Object.keys(op.attributes.names).length === 0
    ? summandsOf(producers, op.inputs[0]!)
    : [name];
}
