/** @file The components that a sweep patches one by one, and how their numbers are laid out in a Result. */
import { InputError } from "../../base/errors.ts";
import type { Architecture } from "../../models/family.ts";
import type { Components, UnitName } from "../../results/patch.ts";
import { UNITS } from "./units.ts";

export interface Component {
  readonly layer: number;
  /** Query head or, for keys and values, key head; null for a whole layer. */
  readonly head: number | null;
  /** Null: all positions together. */
  readonly position: number | null;
}

/**
 * All components of a unit in the order of layer, head and position.
 *
 * @throws {InputError} "unknown-layer" for a layer that the model does not have
 */
export function componentsOf(
  { layers, heads, kvHeads }: Architecture,
  unit: UnitName,
  {
    layers: only,
    positions,
  }: { readonly layers?: readonly number[]; readonly positions: number | null },
): Component[] {
  const wrong = only?.find((layer) => !(Number.isInteger(layer) && layer >= 0 && layer < layers));
  if (wrong !== undefined)
    throw new InputError("unknown-layer", `the model has layers 0 to ${layers - 1}, got ${wrong}`);
  const counts = { head: heads, kv: kvHeads, layer: 0 };
  const headsOf = counts[UNITS[unit].of];
  const each = (count: number) => Array.from({ length: count }, (_, index) => index);
  return (only ?? each(layers)).flatMap((layer) =>
    (headsOf > 0 ? each(headsOf) : [null]).flatMap((head) =>
      (positions === null ? [null] : each(positions)).map((position) => ({
        layer,
        head,
        position,
      })),
    ),
  );
}

/** What the levels of `laidOut` are. */
export function axesOfComponents(unit: UnitName, byPosition: boolean): string[] {
  const names = { head: ["head"], kv: ["kvHead"], layer: [] as string[] };
  return ["layer", ...names[UNITS[unit].of], ...(byPosition ? ["position"] : [])];
}

/** One number for each component as `[layer]`, `[layer][head]` and so on. */
export function laidOut(components: readonly Component[], values: readonly number[]): Components {
  const level = (indices: readonly number[], depth: number): unknown => {
    const keys = (["layer", "head", "position"] as const).filter(
      (name) => components[0]![name] !== null,
    );
    const key = keys[depth];
    if (key === undefined) return values[indices[0]!];
    const groups = new Map<number, number[]>();
    for (const index of indices) {
      const at = components[index]![key]!;
      groups.set(at, [...(groups.get(at) ?? []), index]);
    }
    return [...groups.values()].map((group) => level(group, depth + 1));
  };
  return level(
    components.map((_, index) => index),
    0,
  ) as Components;
}
