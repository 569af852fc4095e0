/** @file Rotary tables of models whose layers differ in them by their type. */
import { ropesByLayerType } from "../config/rope.ts";
import type { RotarySpec } from "../decoder/spec.ts";
import type { LayerType } from "./row.ts";

export { layerRopeKeys } from "../config/rope.ts";

/** The table of each layer; scaling of the old keys is of full attention alone. */
export function layerRotaries(
  config: Parameters<typeof ropesByLayerType>[0],
  types: readonly LayerType[],
  headSize: number,
  thetas: Readonly<Record<LayerType, number>>,
): RotarySpec[] {
  const ropes = ropesByLayerType(config, {
    full_attention: {
      headSize,
      theta: thetas.full_attention,
      part: 1,
      thetaKey: "rope_theta",
      scaled: true,
    },
    sliding_attention: {
      headSize,
      theta: thetas.sliding_attention,
      part: 1,
      thetaKey: "rope_local_base_freq",
      scaled: false,
    },
  });
  return types.map((type) => ({ rope: ropes[type], interleaved: false }));
}
