/** @file How a Program ends: what its residual stream is the sum of, its final norm, its unembedding. */
import type { EndAnatomy, Part } from "./programAnatomy.ts";
import { normAt, uncapped, type Operations } from "./readBack.ts";
import type { SummandsOf } from "./readStream.ts";

export function readEnd(
  operations: Operations,
  summandsOf: SummandsOf,
  stream: string,
): Part<EndAnatomy> {
  const { program, producers, weights } = operations;
  if (!producers.has("logits"))
    return { missing: program.absent?.["logits"] ?? "this model has no logits" };
  const { value, cap } = uncapped(operations, "logits");
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
      weight: weight!,
      bias,
      scale: logits.attributes.scale ?? 1,
      uncapped: value,
      softcap: cap,
    },
  };
}
