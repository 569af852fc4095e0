/** @file Results that come with the page: of the model that it starts with, and of the one that `explore --share` was asked for. */
import type {
  AblateResult,
  AttentionResult,
  ScoreResult,
  VerdictResult,
} from "induction-lens/browser";
import type { Arcs } from "induction-lens/report";
import results from "../../generated/stored.json";

/** What the command line said of the model that the page starts with, when the page was built. */
export interface StoredResults {
  readonly score: ScoreResult;
  readonly verdict: VerdictResult;
  readonly ablate: AblateResult;
}

export const STORED = results as unknown as StoredResults;

/** What `explore --share` put into the page's document. */
export interface SharedPage {
  /** The model of the page's state that all this is about. */
  readonly model: string;
  /** What the page opens at, as after `#` of its address. */
  readonly at: string;
  readonly score: ScoreResult;
  readonly verdict: VerdictResult;
  /** All heads of one layer on one sequence. */
  readonly attention: AttentionResult;
  /** Two heads on a short sequence; null for a model that repeats nothing. */
  readonly arcs: Arcs | null;
}

/** Null in a page that was not shared. */
export const SHARED = sharedIn(document);

function sharedIn(page: Document): SharedPage | null {
  const element = page.getElementById("shared");
  return element && (JSON.parse(element.textContent) as SharedPage);
}

/** Scores that the page has of a model without running it. */
export function storedScore(model: string): ScoreResult | null {
  if (model === SHARED?.model) return SHARED.score;
  return model === STORED.score.model.id ? STORED.score : null;
}
