/** @file What can be patched: the value, and where in a layer it is put. */
import type { UnitName } from "../results/causalNames.ts";
import type { PointHooks } from "./points.ts";

export interface Unit {
  readonly hook: string;
  /** Axes of a component; `[layer, ...]`. */
  readonly of: "head" | "kv" | "layer";
  /**
   * Queries, keys, values and patterns are changed for all heads in one run of the attention alone, and each head's
   * changed output is then put into a run of its own: heads of a layer do not read each other.
   */
  readonly mixed: boolean;
}

export const UNITS: Readonly<Record<UnitName, Unit>> = {
  "head-out": { hook: "attn.hook_z", of: "head", mixed: false },
  "head-q": { hook: "attn.hook_q", of: "head", mixed: true },
  "head-k": { hook: "attn.hook_k", of: "kv", mixed: true },
  "head-v": { hook: "attn.hook_v", of: "kv", mixed: true },
  "head-pattern": { hook: "attn.hook_pattern", of: "head", mixed: true },
  "resid-pre": { hook: "hook_resid_pre", of: "layer", mixed: false },
  "resid-mid": { hook: "hook_resid_mid", of: "layer", mixed: false },
  "attn-out": { hook: "hook_attn_out", of: "layer", mixed: false },
  "mlp-out": { hook: "hook_mlp_out", of: "layer", mixed: false },
};

const RESID: PointHooks = ["hook_resid_pre"];
const Z: PointHooks = ["attn.hook_z"];
export const QKV: PointHooks = ["attn.hook_q", "attn.hook_k", "attn.hook_v"];
export const PATTERN: PointHooks = ["attn.hook_pattern", "attn.hook_v"];

/** Where a layer is cut so that each of `units` can be changed: no more often, since every cut is a session of its own. */
export function hooksFor(units: readonly UnitName[]): PointHooks[] {
  const asksFor = (...names: UnitName[]) => names.some((name) => units.includes(name));
  const after = (["attn-out", "resid-mid", "mlp-out"] as const).filter((name) => asksFor(name));
  return [
    ...(asksFor("resid-pre") ? [RESID] : []),
    ...(asksFor("head-q", "head-k", "head-v") ? [QKV] : []),
    ...(asksFor("head-pattern") ? [PATTERN] : []),
    Z,
    ...after.map((name): PointHooks => [UNITS[name].hook]),
  ];
}

/** Where a model of state-space layers is cut so that patterns are seen and outputs changed. */
export const SCAN_HOOKS: readonly PointHooks[] = [RESID, PATTERN, Z];

/** The hook that names the point at which a mixed unit is changed. */
export function mixingPoint(unit: UnitName): string {
  return unit === "head-pattern" ? PATTERN[0] : QKV[0];
}
