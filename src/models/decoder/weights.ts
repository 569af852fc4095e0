import type { Name } from "../../graph/builder.ts";

/** Look-up of weights by our names: null for one that the model does not have, such as a bias. */
export type WeightLookup = (name: string) => Name | null;

/** A weight that the model must have. */
export function needed(w: WeightLookup, name: string): Name {
  const found = w(name);
  if (!found) throw new Error(`internal: weight ${name} is not in the map`);
  return found;
}
