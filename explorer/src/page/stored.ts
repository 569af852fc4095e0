import type { AblateResult, ScoreResult, VerdictResult } from "induction-lens/browser";
import results from "../../generated/stored.json";

/** What the command line said of the model that the page starts with, when the page was built. */
export interface Stored {
  readonly score: ScoreResult;
  readonly verdict: VerdictResult;
  readonly ablate: AblateResult;
}

export const STORED = results as unknown as Stored;
