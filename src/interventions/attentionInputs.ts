/** @file What the queries, keys and values of a layer are made of: the weight, and the norm between it and the stream. */
import { InputError } from "../base/errors.ts";
import type { Op } from "../graph/ops.ts";
import type { Program } from "../graph/program.ts";
import { hookName } from "./points.ts";

export interface AttentionInput {
  /** W_Q, W_K or W_V. */
  readonly weight: string;
  /** Null where the residual stream is read as it is. */
  readonly norm: {
    readonly stream: string;
    readonly scale: string;
    readonly eps: number;
    readonly center: boolean;
    readonly gain: string | null;
  } | null;
}

/**
 * Reads off the operations how `hook` of a layer (`attn.hook_q`, `hook_k`, `hook_v`) is made from `hook_resid_pre`.
 *
 * @throws {InputError} "path" if it is not a norm (or none) and a product with a weight
 */
export function attentionInput(program: Program, layer: number, hook: string): AttentionInput {
  const producers = new Map(program.ops.map((op) => [op.output, op]));
  const name = hookName(layer, hook);
  const made = producers.get(`${name}.before`) ?? producers.get(name);
  const weights = new Set(program.weights.map((weight) => weight.name));
  const [input, weight] = made?.op === "contract" ? (made.inputs as [string, string]) : [];
  const resid = hookName(layer, "hook_resid_pre");
  const way = input === undefined ? null : wayTo(producers, input, resid);
  if (!way || !weights.has(weight!))
    throw new InputError(
      "path",
      `path patching is not supported for this model: ${name} is not a linear map of the normalised residual stream`,
    );
  const normed = way.find((op) => op.op === "norm");
  if (!normed) return { weight: weight!, norm: null };
  const [stream, scale, ownGain] = normed.inputs as [string, string, string?];
  const later = way.find((op) => op.op === "gain");
  const gain = later?.inputs[1] ?? ownGain ?? null;
  return { weight: weight!, norm: { stream, scale, gain, ...normed.attributes } };
}

/** Operations from `name` down to `end` through norms, gains and what is added beside the stream; null if others lie between. */
function wayTo(producers: ReadonlyMap<string, Op>, name: string, end: string): Op[] | null {
  if (name === end) return [];
  const op = producers.get(name);
  if (!op || !["norm", "gain", "add", "rename"].includes(op.op)) return null;
  const onward = op.op === "add" ? op.inputs : op.inputs.slice(0, 1);
  for (const input of onward) {
    const rest = wayTo(producers, input, end);
    if (rest) return [op, ...rest];
  }
  return null;
}
