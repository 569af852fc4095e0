/** @file What heads are called: by the verdict as far as it is known, else by what they attend to. One place, so that no view says otherwise. */
import { useMemo } from "preact/hooks";
import {
  headName,
  type HeadAt,
  type ScoreName,
  type ScoreResult,
  type VerdictResult,
} from "induction-lens/browser";
import { usePage } from "../page/page.ts";
import type { VerdictRun } from "../page/verdict.ts";
import { labelOf, LABELS, VERDICT_GLYPHS } from "./headWords.ts";

export type HeadVerdict = VerdictResult["heads"][number];

export interface HeadSign {
  readonly glyph: string;
  readonly name: string;
  readonly isInduction: boolean;
  /** The score that names it; null: none does, or a verdict does. */
  readonly score: ScoreName | null;
  /** What the verdict says of it; null: there is none yet. */
  readonly verdict: HeadVerdict | null;
  /** A verdict is on its way, has found that it attends like induction, and tests whether it copies and matters. */
  readonly isTested: boolean;
}

export type SignOf = (at: HeadAt) => HeadSign;

const TESTED = { glyph: "◌", name: "attends like induction, being tested" };
/** A head that nothing names. */
export const OTHER = { glyph: VERDICT_GLYPHS.other, name: "other" };

/** What the heads of the open model are called now. */
export function useSigns(): SignOf {
  const { score, verdict } = usePage();
  const { verdict: whole, soFar } = verdict;
  return useMemo(() => signsOf(score!.scores, { verdict: whole, soFar }), [score, whole, soFar]);
}

function signsOf(
  scores: ScoreResult["scores"],
  { verdict, soFar }: Pick<VerdictRun, "verdict" | "soFar">,
): SignOf {
  const heads = new Map((verdict ?? soFar)?.heads.map((head) => [headName(head), head]));
  const tested = new Set(verdict ? [] : soFar?.screened.leftOut);
  return (at) => {
    const name = headName(at);
    const isTested = tested.has(name);
    const own = isTested ? null : (heads.get(name) ?? null);
    if (own) {
      const { label } = own;
      const isInduction = label === "induction";
      return {
        glyph: VERDICT_GLYPHS[label],
        name: label,
        isInduction,
        ...BY_VERDICT,
        verdict: own,
      };
    }
    const score = labelOf(scores, at.layer, at.head);
    const sign = isTested ? TESTED : score ? LABELS[score] : OTHER;
    const isInduction = score === "induction";
    return { glyph: sign.glyph, name: sign.name, isInduction, score, verdict: null, isTested };
  };
}

const BY_VERDICT = { score: null, isTested: false };

/** What a head does, in one sentence. */
export function sentence({ score, isTested }: Pick<HeadSign, "score" | "isTested">): string {
  if (isTested)
    return "This head attends like an induction head. Whether it copies and matters is being tested.";
  return score
    ? `This head ${LABELS[score].does}.`
    : `This head does none of the things below with half of its attention or more.`;
}

/** Heads that are called induction heads, the highest score first. */
export function inductionHeads(
  { induction }: ScoreResult["scores"],
  signOf: SignOf,
): readonly HeadAt[] {
  const score = (at: HeadAt) => induction[at.layer]![at.head]!;
  return induction
    .flatMap((row, layer) => row.map((_, head) => ({ layer, head })))
    .filter((at) => signOf(at).isInduction)
    .toSorted((a, b) => score(b) - score(a));
}
