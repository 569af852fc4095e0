/** @file The runs of a patch sweep: for each component what changes, and where the run can begin. */
import type { VariantGroup } from "./variantGroup.ts";
import type { Tensor } from "../base/tensor.ts";
import type { UnitName } from "../results/causalNames.ts";
import { cellVariants } from "./cellVariants.ts";
import type { Chain } from "./chain.ts";
import type { State } from "./chainRun.ts";
import type { Component } from "./components.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import { valueOf, withParts, type Part } from "./rows.ts";
import { mixingPoint, UNITS } from "./units.ts";
import type { Variant } from "./variantRuns.ts";

/** Groups in the order of layers; for keys and values by position one for each position, for cells one for each key. */
export async function* patchVariants(
  chain: Chain,
  components: readonly Component[],
  unit: UnitName,
  base: State,
  source: State,
): AsyncGenerator<VariantGroup> {
  if (components.some(({ key }) => key !== null)) {
    yield* cellVariants(components, base, source);
    return;
  }
  const { hook, mixed } = UNITS[unit];
  const layers = [...new Set(components.map(({ layer }) => layer))];
  for (const layer of layers) {
    const local = components.flatMap((component, place) =>
      component.layer === layer ? [{ ...component, place }] : [],
    );
    const value = hookName(layer, hook);
    if (!mixed) {
      const variants = local.map((component): Variant => [
        { value, source: valueOf(source, value), part: partOf(component) },
      ]);
      yield { from: value, places: local.map(({ place }) => place), variants };
      continue;
    }
    const z = hookName(layer, "attn.hook_z");
    for (const position of new Set(local.map((component) => component.position))) {
      const those = local.filter((component) => component.position === position);
      const part: Part = position === null ? {} : { positions: [position] };
      const mix = await mixedWith(chain, layer, unit, base, source, part);
      const group = groupOf(base, layer, unit);
      const variants = those.map(({ head }): Variant => {
        const heads = Array.from({ length: group }, (_, member) => head! * group + member);
        return [{ value: z, source: mix, part: { heads } }];
      });
      yield { from: z, places: those.map(({ place }) => place), variants };
    }
  }
}

/**
 * What the heads of a layer would put out if part of their queries, keys, values or patterns were the source's:
 * `hook_z`, [examples, position, head, d_head]. Needs the attention alone.
 */
export async function mixedWith(
  chain: Chain,
  layer: number,
  unit: UnitName,
  base: State,
  source: State,
  part: Part = {},
): Promise<Tensor> {
  const value = hookName(layer, UNITS[unit].hook);
  const from = hookName(layer, mixingPoint(unit));
  const z = hookName(layer, "attn.hook_z");
  const before = valueOf(base, value);
  const rows = Array.from({ length: before.shape[0]! }, (_, row) => row);
  const after = withParts(
    before,
    rows.map((row) => ({ row, example: row, source: valueOf(source, value), part })),
  );
  const point = chain.points.find(({ name }) => name === from)!;
  const state = new Map(point.needs.map((name) => [name, valueOf(base, name)] as const));
  return valueOf(await chain.advance(new Map([...state, [value, after]]), from, z), z);
}

function partOf({ head, position }: Component): Part {
  return {
    ...(head !== null && { heads: [head] }),
    ...(position !== null && { positions: [position] }),
  };
}

/** Query heads that one component feeds: several where they share keys and values. */
function groupOf(state: State, layer: number, unit: UnitName): number {
  if (UNITS[unit].of !== "kv") return 1;
  const headsIn = (hook: string) => valueOf(state, hookName(layer, hook)).shape[2]!;
  return headsIn("attn.hook_z") / headsIn(UNITS[unit].hook);
}
