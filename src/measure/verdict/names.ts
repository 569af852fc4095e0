/** @file Names of the verdict: what a head can do, what it can be called, and what else is said of it. */

export const BEHAVIOURS = [
  "induction",
  "positional",
  "previous-token",
  "duplicate-token",
  "current-token",
  "first-token",
] as const;
export type BehaviourName = (typeof BEHAVIOURS)[number];

export const LABELS = [
  "induction",
  "anti-induction",
  "copy-suppression",
  "attends-without-copying",
  "positional",
  "previous-token",
  "duplicate-token",
  "current-token",
  "first-token",
  "mixed",
  "other",
] as const;
export type Label = (typeof LABELS)[number];

/** Labels of heads that act on what follows an earlier copy. */
export const ACTING_LABELS: readonly Label[] = ["induction", "anti-induction", "copy-suppression"];

/** Labels of heads that attend to it. */
export const ATTENDING_LABELS: readonly Label[] = [...ACTING_LABELS, "attends-without-copying"];

export const FLAGS = [
  "partial",
  "redundant",
  "backup",
  "follows-prediction",
  "via-pattern",
  "indirect",
  "inert",
  "norm",
  "first-token-rest",
  "undecided",
] as const;
export type Flag = (typeof FLAGS)[number];
