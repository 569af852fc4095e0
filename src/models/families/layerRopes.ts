/** @file Rotary tables of models whose layers differ in them by their type. */
import { z } from "zod";
import { ropeKeys, ropeOf, type Rope } from "../config/rope.ts";
import type { RotarySpec } from "../decoder/spec.ts";
import type { LayerType } from "./row.ts";

const one = ropeKeys.rope_parameters;

/** `rope_parameters` by layer type (transformers 5), or the keys before it. */
export const layerRopeKeys = {
  ...ropeKeys,
  rope_parameters: z.union([
    z.strictObject({ full_attention: one, sliding_attention: one }).partial(),
    one,
  ]),
  rope_local_base_freq: z.number().positive().optional(),
};

type Keys = { readonly [Key in keyof typeof layerRopeKeys]?: z.infer<(typeof layerRopeKeys)[Key]> };

/** The table of each layer; scaling of the old keys is of full attention alone. */
export function layerRotaries(
  { rope_parameters: given, rope_local_base_freq: local, ...old }: Keys,
  types: readonly LayerType[],
  dHead: number,
  thetas: Readonly<Record<LayerType, number>>,
): RotarySpec[] {
  const byType = given && ("full_attention" in given || "sliding_attention" in given);
  const flat = byType ? null : (given as z.infer<typeof one>);
  const table = (type: LayerType): Rope => {
    const defaults = { theta: thetas[type], part: 1 };
    if (byType) return ropeOf({ rope_parameters: given[type] ?? {} }, dHead, defaults);
    if (type === "full_attention")
      return ropeOf({ ...old, rope_parameters: flat }, dHead, defaults);
    return ropeOf({ rope_theta: local }, dHead, defaults);
  };
  const made = new Map([...new Set(types)].map((type) => [type, table(type)]));
  return types.map((type) => ({ rope: made.get(type)!, interleaved: false }));
}
