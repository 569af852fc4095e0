/** @file Names of the verdict, as schemas and pictures need them; the rules of src/measure/verdict give them. */

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

export const BEHAVIOURS = [
  "induction",
  "positional",
  "previous-token",
  "duplicate-token",
  "current-token",
  "first-token",
] as const;

export const FLAGS = [
  "partial",
  "redundant",
  "backup",
  "follows-prediction",
  "via-pattern",
  "indirect",
  "inert",
  "first-token-rest",
  "undecided",
] as const;
