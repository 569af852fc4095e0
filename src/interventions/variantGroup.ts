import type { Variant } from "./variantRuns.ts";

/** Variants that begin at one point; `places[i]` is the component of `variants[i]`. */
export interface VariantGroup {
  readonly from: string;
  readonly places: readonly number[];
  readonly variants: readonly Variant[];
}
