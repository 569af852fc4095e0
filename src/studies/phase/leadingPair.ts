/** @file Which heads of a run form the circuit: by what they are at the last checkpoint. */
import type { PhaseCurves, PhaseHead } from "../../results/phase.ts";
import { ATTENDS_FROM } from "../scoreWords.ts";

export type HeadCurves = Pick<PhaseCurves, "induction" | "control" | "previousToken">;

export interface RankedHead extends PhaseHead {
  readonly score: number;
  /** Score less what the head has where nothing repeats. */
  readonly gain: number;
}

/** All heads by their induction score at the last checkpoint, highest first. */
export function byInduction({ induction, control }: HeadCurves): RankedHead[] {
  return ranked(induction).map((one) => ({
    ...one,
    gain: one.score - (control?.[one.layer]![one.head]!.at(-1) ?? 0),
  }));
}

/** Heads that attend by induction at the end, and not by position. */
export function inductionHeads(curves: HeadCurves): RankedHead[] {
  return byInduction(curves).filter(({ gain }) => gain >= ATTENDS_FROM);
}

/** The strongest previous-token head in a layer before `layer`; null if none attends so. */
export function previousBefore(layer: number, { previousToken }: HeadCurves): PhaseHead | null {
  const before = ranked(previousToken).find((one) => one.layer < layer);
  return before && before.score >= ATTENDS_FROM ? { layer: before.layer, head: before.head } : null;
}

function ranked(curves: PhaseCurves["induction"]) {
  return curves
    .flatMap((heads, layer) => heads.map((curve, head) => ({ layer, head, score: curve.at(-1)! })))
    .sort((a, b) => b.score - a.score || a.layer - b.layer || a.head - b.head);
}
