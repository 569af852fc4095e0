import type { Name } from "../../graph/builder.ts";

/** Look-up of weights by our names: null for one that the model does not have, such as a bias. */
export type WeightLookup = (name: string) => Name | null;

/** A weight that the model must have. */
export function requireWeight(w: WeightLookup, name: string): Name {
  const weight = w(name);
  if (!weight) throw new Error(`internal: weight ${name} is not in the map`);
  return weight;
}
