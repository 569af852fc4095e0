import type { AblateResult, ScoreResult } from "induction-lens/browser";

/** What the page shows of a model: its head scores, and the losses without each head. */
export interface Measured {
  readonly score: ScoreResult;
  readonly ablate: AblateResult;
}

/** What the worker says. */
export type Message =
  | { readonly kind: "step"; readonly words: string }
  | { readonly kind: "measured"; readonly measured: Measured }
  | { readonly kind: "failed"; readonly words: string };
