/** @file Names that options and Results of the causal studies share; nothing is loaded with them. */

export const METRIC_NAMES = [
  "log-probability",
  "centred-logit",
  "logit-difference",
  "loss",
  "probability",
  "kl",
] as const;

export const UNIT_NAMES = [
  "head-out",
  "head-q",
  "head-k",
  "head-v",
  "head-pattern",
  "resid-pre",
  "resid-mid",
  "attn-out",
  "mlp-out",
] as const;

export const DESIGN_NAMES = ["AB", "BA", "BB", "BC", "single"] as const;

/** Designs of the fingerprint, and what is patched in each: rows and columns of its table (docs/causal.md). */
export const FINGERPRINT_DESIGNS = ["AB", "BA", "BB", "BC"] as const;

export const FINGERPRINT_UNITS = ["output", "q", "k", "v", "pattern"] as const;
export type MetricName = (typeof METRIC_NAMES)[number];
export type UnitName = (typeof UNIT_NAMES)[number];
export type DesignName = (typeof DESIGN_NAMES)[number];
export type FingerprintUnit = (typeof FINGERPRINT_UNITS)[number];
export type FingerprintDesign = (typeof FINGERPRINT_DESIGNS)[number];

export const ABLATION_KINDS = [
  "zero",
  "mean",
  "sized-mean",
  "resample",
  "redirect",
  "pattern-preserving",
] as const;

export const IDEAL_PATTERNS = ["previousToken", "induction", "firstToken", "currentToken"] as const;
export type AblationKind = (typeof ABLATION_KINDS)[number];
export type IdealPattern = (typeof IDEAL_PATTERNS)[number];

export const PATH_ROUTES = ["q", "k", "v", "logits"] as const;
export type PathRoute = (typeof PATH_ROUTES)[number];

/** What a path goes into, in words. */
export const ROUTE_WORDS = { q: "queries", k: "keys", v: "values", logits: "logits" } as const;

/** What a path study reads: the receiver's attention, or the model's end. */
export const PATH_METRICS = ["induction-score", ...METRIC_NAMES] as const;
export type PathMetric = (typeof PATH_METRICS)[number];

export const ATTENTION_VALUES = ["pattern", "value-weighted", "scores"] as const;
export type AttentionValue = (typeof ATTENTION_VALUES)[number];

/** What stands for a removed head in `shapley`: kinds of ablation that need no second run. */
export const REPLACEMENTS = ABLATION_KINDS.filter(
  (kind) => kind !== "pattern-preserving" && kind !== "redirect",
);
export type Replacement = (typeof REPLACEMENTS)[number];

/** A band needs at least as many different random sets: fewer do not make a null that anything can be above or below. */
export const FEWEST_SETS = 3;
