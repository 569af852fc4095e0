import type { Builder, Name } from "../../graph/builder.ts";

/** 1 where `from` is the position before, 0 elsewhere; the first position comes before itself: [from, position]. */
export function previousPosition(b: Builder): Name {
  const sizes = { from: "position", position: "position" };
  return b.input("previous_position", "float32", sizes, { fill: { kind: "previous" } });
}

/**
 * Smeared keys (Olsson et al. 2022): key j becomes s k[j] + (1 - s) k[j - 1], with s = sigmoid(smear) of each head.
 *
 * @param before from `previousPosition`
 */
export function smearKeys(b: Builder, keys: Name, smear: Name, before: Name): Name {
  const axes = ["batch", "position", "head", "d_head"];
  const share = b.op("sigmoid", [smear], {}); // [head]
  const earlier = b.contract(b.rename(keys, { position: "from" }), before, axes);
  const spread = b.op("stretch", [share, keys], {});
  return b.add(earlier, b.mul(b.op("sub", [keys, earlier], {}), spread));
}
