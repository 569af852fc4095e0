/** @file The components that a sweep patches one by one, and how their numbers are laid out in a Result. */
import { headName } from "../base/headName.ts";
import { InputError } from "../base/errors.ts";
import type { Architecture } from "../models/family.ts";
import { headsIn } from "../models/headCounts.ts";
import type { UnitName } from "../results/causalNames.ts";
import type { Components } from "../results/pair.ts";
import { headsCalled } from "./headNames.ts";
import { UNITS } from "./units.ts";

export interface Component {
  readonly layer: number;
  /** Query head or, for keys and values, key head; null for a whole layer. */
  readonly head: number | null;
  /** Null: all positions together. */
  readonly position: number | null;
  /** The key of one entry of a pattern, whose query is `position`; null for anything else. */
  readonly key: number | null;
}

export interface ComponentChoice {
  /** Left out: all. */
  readonly layers?: readonly number[] | undefined;
  /** Only these heads, layer.head; left out: all. */
  readonly heads?: readonly string[] | undefined;
  /** How many positions are patched one by one; null: all together. */
  readonly positions: number | null;
  /** Each entry [query, key] of the pattern by itself. */
  readonly byCell?: boolean | undefined;
}

/**
 * All components of a unit in the order of layer (or of `heads`), head, position and key.
 *
 * @throws {InputError} "unknown-layer", "unknown-head" for what the model does not have, "unit" for heads of units that have
 *   none and cells of units other than patterns
 */
export function componentsOf(
  architecture: Architecture,
  unit: UnitName,
  { layers: only, heads: names, positions, byCell = false }: ComponentChoice,
): Component[] {
  const { layers, kvHeads } = architecture;
  const wrong = only?.find((layer) => !(Number.isInteger(layer) && layer >= 0 && layer < layers));
  if (wrong !== undefined)
    throw new InputError("unknown-layer", `the model has layers 0 to ${layers - 1}, got ${wrong}`);
  checkUnit(unit, { names, byCell });
  const { of } = UNITS[unit];
  const counts = of === "kv" ? { layers, heads: kvHeads } : architecture;
  const each = (size: number) => Array.from({ length: size }, (_, index) => index);
  const places = names
    ? headsCalled(names, counts, "heads")
    : (only ?? each(layers)).flatMap((layer) =>
        (of === "layer" ? [null] : each(headsIn(counts, layer))).map((head) => ({ layer, head })),
      );
  return places.flatMap(({ layer, head }) =>
    (positions === null ? [null] : each(positions)).flatMap((position) =>
      (byCell ? each(position! + 1) : [null]).map((key) => ({ layer, head, position, key })),
    ),
  );
}

function checkUnit(
  unit: UnitName,
  { names, byCell }: { readonly names: readonly string[] | undefined; readonly byCell: boolean },
): void {
  if (names && UNITS[unit].of === "layer")
    throw new InputError("unit", `heads can be chosen for units of heads, got ${unit}`);
  if (byCell && (unit !== "head-pattern" || !names))
    throw new InputError(
      "unit",
      `cells (query, key) are patched in the patterns of chosen heads, got ${unit} of ${names ? names.join(", ") : "all heads"}`,
    );
}

/** What the levels of `laidOut` are. */
export function axesOfComponents(
  unit: UnitName,
  { heads, byPosition, byCell }: { heads?: boolean; byPosition?: boolean; byCell?: boolean } = {},
): string[] {
  const names = { head: ["head"], kv: ["kvHead"], layer: [] as string[] }[UNITS[unit].of];
  const place = heads ? names : ["layer", ...names];
  return [...place, ...(byCell ? ["query", "key"] : byPosition ? ["position"] : [])];
}

/** One number for each component as `[layer]`, `[layer][head]` and so on; of chosen heads as `[head]` ... in their order. */
export function laidOut(
  components: readonly Component[],
  values: readonly number[],
  { heads = false }: { readonly heads?: boolean } = {},
): Components {
  const inner = (["position", "key"] as const).map(
    (name) => (component: Component) => component[name],
  );
  const outer: ((component: Component) => number | string | null)[] = heads
    ? [({ layer, head }) => headName({ layer, head: head! })]
    : [({ layer }) => layer, ({ head }) => head];
  const levels = [...outer, ...inner].filter((level) => level(components[0]!) !== null);
  const level = (indices: readonly number[], depth: number): unknown => {
    const keyOf = levels[depth];
    if (keyOf === undefined) return values[indices[0]!];
    const groups = new Map<number | string | null, number[]>();
    for (const index of indices) {
      const at = keyOf(components[index]!);
      const group = groups.get(at);
      if (group) group.push(index);
      else groups.set(at, [index]);
    }
    return [...groups.values()].map((group) => level(group, depth + 1));
  };
  return level(
    components.map((_, index) => index),
    0,
  ) as Components;
}
