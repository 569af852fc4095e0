/** @file Norms over d_model, and over queries and keys. */
import type { Builder, Name } from "../../graph/builder.ts";
import type { NormSpec, QueryKeyNorm } from "./spec.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";

/**
 * A norm over the last axis. `hook_scale` is what x is divided by; `hook_normalized` is, as in the HookedTransformer of
 * TransformerLens 1 to 3, after gain and bias for layer norm and before the gain for RMS norm; the bridge of TransformerLens 4
 * has it before gain and bias for both (docs/commands/run.md). x itself where the model has no norm.
 */
export function norm(
  b: Builder,
  lookup: WeightLookup,
  at: string,
  x: Name,
  spec: NormSpec | null,
): Name {
  if (!spec) return x;
  const [w, bias] = [gainOf(b, lookup(`${at}.w`), spec), lookup(`${at}.b`)];
  const how = { eps: spec.eps, center: spec.kind === "LN" };
  const scale = b.op("scale", [x], how, `${at}.hook_scale`);
  if (spec.kind === "LN") {
    const gains = w ? [w, ...(bias ? [bias] : [])] : [];
    return b.op("norm", [x, scale, ...gains], how, `${at}.hook_normalized`);
  }
  const normalized = b.op("norm", [x, scale], how, `${at}.hook_normalized`);
  return w ? b.op("gain", [normalized, w], {}, `${at}.gained`) : normalized;
}

function gainOf(b: Builder, w: Name | null, { gain }: NormSpec): Name | null {
  return w && gain === "1 + w" ? b.add(w, b.constant("one", {}, [1]), `${w}_plus_1`) : w;
}

/** The norm of queries or keys [batch, position, head, d_head], before they are turned. */
export function queryKeyNorm(
  b: Builder,
  lookup: WeightLookup,
  at: string,
  x: Name,
  spec: QueryKeyNorm,
): Name {
  if (spec.over === "head") return norm(b, lookup, at, x, spec);
  if (spec.over === "each head") {
    const gains = gainsOfHeads(b, lookup, at, x); // [head, d_head]
    return b.mul(
      norm(b, () => null, at, x, spec),
      gains,
      `${at}.gained`,
    );
  }
  const into = headAxes(b, x);
  const axes = into.map(({ name }) => name);
  const merged = b.op("mergeAxes", [x], { axes, into: "d_heads" });
  return b.op("splitAxis", [norm(b, lookup, at, merged, spec)], { axis: "d_heads", into });
}

/** One matrix, or one vector for each head. */
function gainsOfHeads(b: Builder, lookup: WeightLookup, at: string, x: Name): Name {
  const whole = lookup(`${at}.w`);
  if (whole) return whole;
  const { name: axis, size } = headAxes(b, x)[0]!;
  const rows = Array.from({ length: Number(size) }, (_, head) => {
    const row = requireWeight(lookup, `${at}.${head}.w`);
    return b.rename(row, { [b.typeOf(row).axes[0]!.name]: axis });
  });
  return b.op("concat", rows, { axis });
}

/** head (or kv_head) and d_head. */
function headAxes(b: Builder, x: Name) {
  return b.typeOf(x).axes.slice(-2);
}
