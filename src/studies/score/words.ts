import { headName } from "../../base/headName.ts";
import { isAnyInduction } from "../../measure/attendsLikeInduction.ts";

interface Facts {
  readonly top: readonly {
    readonly layer: number;
    readonly head: number;
    readonly score: number;
    readonly low: number | null;
    /** What uniform attention scores in its layer. */
    readonly uniform: number;
  }[];
  readonly examples: number;
}

/**
 * What the scores say, in one sentence, and what they do not: attention alone proves no induction head.
 */
export function scoreWords({ top, examples }: Facts): string {
  const attending = top.find((head) => isAnyInduction(head.low ?? head.score, head.uniform));
  const best = attending ?? top[0];
  if (!best) return "The model has no heads.";
  const name = headName(best);
  const null_ = `uniform attention scores ${best.uniform.toFixed(3)}`;
  if (!attending) {
    return `No head attends like an induction head on these ${examples} sequences: the best, ${name}, scores ${best.score.toFixed(3)} (${null_}).`;
  }
  return `Head ${name} attends like an induction head: it scores ${best.score.toFixed(3)} of 1 (${null_}). Attention alone does not show that it copies or matters.`;
}
