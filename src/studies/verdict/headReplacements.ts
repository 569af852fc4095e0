/** @file Ablated heads as changes of a run: the outputs of some heads are replaced. */
import { headName, type HeadAt } from "../../base/headName.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { Change } from "../../interventions/variantRuns.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";

/** What an ablated head's output becomes. */
export interface Replacement {
  /** hook_z of a layer. */
  readonly sourceOf: (layer: number) => Tensor;
  /** Which row of it each example gets; left out: its own. */
  readonly exampleOf?: ((example: number) => number) | undefined;
}

/** Outputs of heads of one layer replaced; nothing if none of `heads` is in it. */
export function replacedIn(
  layer: number,
  heads: readonly HeadAt[],
  { sourceOf, exampleOf }: Replacement,
): Change[] {
  const own = heads.filter((head) => head.layer === layer).map(({ head }) => head);
  if (own.length === 0) return [];
  const change = {
    value: hookName(layer, "attn.hook_z"),
    source: sourceOf(layer),
    part: { heads: own },
  };
  return [exampleOf ? { ...change, exampleOf } : change];
}

/** The same in `first` and all layers after it. */
export function replacedFrom(
  first: number,
  heads: readonly HeadAt[],
  replacement: Replacement,
): Change[] {
  const layers = new Set(heads.map(({ layer }) => layer));
  return [...layers]
    .filter((layer) => layer >= first)
    .flatMap((layer) => replacedIn(layer, heads, replacement));
}

export function without(heads: readonly HeadAt[], head: HeadAt): HeadAt[] {
  return heads.filter((other) => headName(other) !== headName(head));
}
