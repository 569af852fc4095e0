import { headName } from "../../base/headName.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";

interface Facts {
  readonly top: readonly {
    readonly layer: number;
    readonly head: number;
    readonly score: number;
    readonly low: number | null;
  }[];
  readonly uniform: number;
  readonly examples: number;
}

/**
 * What the scores say, in one sentence, and what they do not: attention alone proves no induction head.
 */
export function scoreWords({ top, uniform, examples }: Facts): string {
  const [best] = top;
  if (!best) return "The model has no heads.";
  const name = headName(best);
  const attends = (best.low ?? best.score) >= INDUCTION_ATTENTION.least;
  const null_ = `uniform attention scores ${uniform.toFixed(3)}`;
  if (!attends) {
    return `No head attends like an induction head on these ${examples} sequences: the best, ${name}, scores ${best.score.toFixed(3)} (${null_}).`;
  }
  return `Head ${name} attends like an induction head: it scores ${best.score.toFixed(3)} of 1 (${null_}). Attention alone does not show that it copies or matters.`;
}
