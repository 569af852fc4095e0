/** @file How a Program ends: what its residual stream is the sum of, its final norm, its unembedding. */
import { isMissing, type EndAnatomy, type Part, type ProgramAnatomy } from "./programAnatomy.ts";
import { normAt, beforeCap, type Operations } from "./readBack.ts";
import type { SummandsOf } from "./readStream.ts";

/** Whether the Program ends with logits. */
export function readLogits({ program, producers }: Operations): ProgramAnatomy["logits"] {
  if (producers.has("logits")) return { value: "logits" };
  return { missing: program.absent?.["logits"] ?? "this model has no logits" };
}

export function readEnd(
  operations: Operations,
  summandsOf: SummandsOf,
  stream: string,
): Part<EndAnatomy> {
  const { producers, weights } = operations;
  const all = readLogits(operations);
  if (isMissing(all)) return all;
  const { value, cap } = beforeCap(operations, all.value);
  const logits = producers.get(value);
  const [input, weight, bias = null] = (logits?.inputs ?? []) as string[];
  if (logits?.op !== "contract" || !weights.has(weight!))
    return { missing: "the logits of this model are not a product with an unembedding" };
  const norm = normAt(operations, input!);
  const end = norm?.input ?? input!;
  if (end !== stream)
    return {
      missing: "the end of this model's residual stream is changed before its unembedding",
    };
  return {
    stream: end,
    summands: summandsOf(end),
    norm,
    unembedding: {
      input: input!,
      weight: weight!,
      bias,
      scale: logits.attributes.scale ?? 1,
      uncapped: value,
      softcap: cap,
    },
  };
}
