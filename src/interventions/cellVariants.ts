/** @file Runs in which one entry of a pattern is the source's: z of its query moves by the change times the key's value. */
import { headName } from "../base/headName.ts";
import { kvHeadOf } from "../models/kvHeadOf.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import type { State } from "./chainRun.ts";
import type { Component } from "./components.ts";
import type { VariantGroup } from "./variantGroup.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import { valueOf } from "./rows.ts";

/**
 * z'[query] = z[query] + (A_source[query, key] - A_base[query, key]) v[key]: the row is not normalised again. One group for
 * each head and key, whose queries do not touch each other.
 */
export function* cellVariants(
  components: readonly Component[],
  base: State,
  source: State,
): Generator<VariantGroup> {
  const groups = new Map<string, { readonly component: Component; readonly places: number[] }>();
  components.forEach((component, place) => {
    const name = `${headName({ layer: component.layer, head: component.head! })} ${component.key}`;
    const group = groups.get(name) ?? { component, places: [] };
    groups.set(name, group);
    group.places.push(place);
  });
  for (const { component, places } of groups.values()) {
    const value = hookName(component.layer, "attn.hook_z");
    const moved = movedBy(base, source, component);
    yield {
      from: value,
      places,
      variants: places.map((place) => [
        {
          value,
          source: moved,
          part: { heads: [component.head!], positions: [components[place]!.position!] },
        },
      ]),
    };
  }
}

/** z of every query with the weight of one key taken from the source, [examples, position, head, d_head]. */
function movedBy(base: State, source: State, { layer, head, key }: Component): Tensor {
  const z = valueOf(base, hookName(layer, "attn.hook_z"));
  const v = valueOf(base, hookName(layer, "attn.hook_v"));
  const name = hookName(layer, "attn.hook_pattern");
  const [before, after] = [valueOf(base, name), valueOf(source, name)];
  const [examples, length, heads, width] = z.shape as readonly [number, number, number, number];
  const keyHeads = v.shape[2]!;
  const shared = kvHeadOf({ heads, kvHeads: keyHeads }, head!);
  const data = z.data.slice();
  for (let example = 0; example < examples; example++) {
    const from = ((example * length + key!) * keyHeads + shared) * width;
    for (let query = key!; query < length; query++) {
      const weight = ((example * heads + head!) * length + query) * length + key!;
      const change = after.data[weight]! - before.data[weight]!;
      const to = ((example * length + query) * heads + head!) * width;
      for (let index = 0; index < width; index++)
        data[to + index]! += change * v.data[from + index]!;
    }
  }
  return tensor(z.axes, z.shape, data);
}
