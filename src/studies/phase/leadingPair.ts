/** @file Which heads of a run form the circuit: by what they are, and what they read, at the last checkpoint. */
import { LEAST_UPSTREAM } from "../../measure/verdict/thresholds.ts";
import type { PhaseCurves, PhaseHead, PhasePair } from "./result.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";

export type HeadCurves = Pick<PhaseCurves, "induction" | "control" | "previousToken">;

export interface RankedHead extends PhaseHead {
  readonly score: number;
  /** Score less what the head has where nothing repeats. */
  readonly gain: number;
}

/** A previous-token head before an induction head, and what is known of its part in it. */
export type Upstream = PhasePair["upstream"][number];

/** All heads by their induction score at the last checkpoint, highest first. */
export function byInduction({ induction, control }: HeadCurves): RankedHead[] {
  return rankHeads(induction).map((head) => ({
    ...head,
    gain: head.score - (control?.[head.layer]![head.head]!.at(-1) ?? 0),
  }));
}

/** Heads that attend by induction at the end, and not by position. */
export function inductionHeads(curves: HeadCurves): RankedHead[] {
  return byInduction(curves).filter(({ gain }) => gain >= INDUCTION_ATTENTION.least);
}

/** So many previous-token heads are told apart; more would be a model in which every head is one. */
const MOST_CANDIDATES = 8;

/** Heads in a layer before `layer` that attend to the previous token at the end, strongest first. */
export function previousBefore(
  layer: number,
  { previousToken }: Pick<HeadCurves, "previousToken">,
): RankedHead[] {
  return rankHeads(previousToken)
    .filter((head) => head.layer < layer && head.score >= INDUCTION_ATTENTION.least)
    .slice(0, MOST_CANDIDATES)
    .map((head) => ({ ...head, gain: head.score }));
}

/**
 * The pair of an induction head with the previous-token head that feeds it.
 *
 * It is the candidate without whose path into the keys, or the queries, most of the induction score is lost, if that is a
 * tenth or more and surely above 0; where paths were not measured, the one with the largest K- or Q-composition; else the
 * one that attends most to the previous token.
 *
 * @param candidates strongest attention first, as `previousBefore` has them
 */
export function pairWith(induction: PhaseHead, candidates: readonly Upstream[]): PhasePair {
  const { layer, head } = induction;
  const [strongest] = candidates;
  const pair = (previous: Upstream | undefined, chosenBy: PhasePair["chosenBy"]): PhasePair => ({
    previous: previous ? { layer: previous.layer, head: previous.head } : null,
    induction: { layer, head },
    chosenBy,
    upstream: [...candidates],
  });
  if (!strongest) return pair(undefined, null);
  const best = (of: (each: Upstream) => number) =>
    candidates.reduce((top, each) => (of(each) > of(top) ? each : top));
  if (strongest.lost) {
    const feeding = best(lostOf);
    return lostOf(feeding) >= LEAST_UPSTREAM
      ? pair(feeding, "paths")
      : pair(strongest, "attention");
  }
  if (strongest.composition) return pair(best(composedOf), "composition");
  return pair(strongest, "attention");
}

/** The larger share of the two routes, of those that are surely above 0. */
function lostOf({ lost }: Upstream): number {
  return Math.max(
    0,
    ...(lost ? [lost.k, lost.q] : []).map(({ share, sure }) => (sure ? share : 0)),
  );
}

function composedOf({ composition }: Upstream): number {
  return composition ? Math.max(composition.k, composition.q) : 0;
}

function rankHeads(curves: PhaseCurves["induction"]) {
  return curves
    .flatMap((heads, layer) => heads.map((curve, head) => ({ layer, head, score: curve.at(-1)! })))
    .sort((a, b) => b.score - a.score || a.layer - b.layer || a.head - b.head);
}
