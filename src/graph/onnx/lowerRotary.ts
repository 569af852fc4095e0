/** @file Rotary positions by the engine's own operator: one node in place of nine. */
import type { OpAttributes } from "../ops.ts";
import type { ValueType } from "../axes.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { indexOf, reshapeTo, splitGroups, type Group } from "./shapes.ts";
import { entries } from "./weights.ts";

/**
 * Pairs (i, i + n): y = [a cos - b sin, b cos + a sin, rest]; `interleaved` pairs (2i, 2i + 1).
 *
 * The operator takes [batch, position, all heads] and looks up angles by position; here the tables have those of the run alone, from its first
 * position on.
 */
export function lowerRotary(
  emit: Emitter,
  [x, cos, sin]: readonly Handle[],
  { interleaved }: OpAttributes["rotary"],
  { axes }: ValueType,
): string {
  const position = indexOf(x!, cos!.axes[0]!.name);
  const groups: Group[] = [
    axes.slice(0, position),
    axes.slice(position, position + 1),
    axes.slice(position + 1),
  ];
  const attributes = {
    interleaved: Number(interleaved),
    num_heads: entries(axes.slice(position + 1, -1)),
    rotary_embedding_dim: 2 * Number(cos!.axes[1]!.size),
  };
  const first = emit.integers([0]);
  const inputs = [reshapeTo(emit, x!.tensor, axes, groups), first, cos!.tensor, sin!.tensor];
  const rotated = emit.node("RotaryEmbedding", inputs, attributes, undefined, "com.microsoft");
  return splitGroups(emit, rotated, groups);
}
