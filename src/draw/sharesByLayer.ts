/** @file Numbers of layers in words. */
import { group } from "d3-array";
import { layersNamed } from "./layersNamed.ts";
import { share } from "./numbers.ts";

/** One number from 0 to 1 for each layer: `.02`, or `.03 in layers 0-2, .00 in layer 3` where layers differ. */
export function sharesByLayer(values: readonly number[]): string {
  const layers = group([...values.keys()], (layer) => share(values[layer]!));
  const [first] = layers.keys();
  if (layers.size < 2) return first ?? "";
  return [...layers].map(([value, own]) => `${value} in ${layersNamed(own)}`).join(", ");
}
