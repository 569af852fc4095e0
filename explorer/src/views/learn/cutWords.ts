/** @file What cutting the heads of a circuit showed, in words that the model's own losses decide. */
import type { HeadAt } from "induction-lens/browser";
import type { Cut } from "../../engine/protocol.ts";
import { percent } from "../../parts/percent.ts";
import { headList } from "../../parts/headWords.ts";

/** One of the cuts that the lesson offers, with what came of it once it was tried. */
export interface TriedCut {
  readonly heads: readonly HeadAt[];
  readonly after: Cut | null;
}

export interface CutTrials {
  readonly whole: Cut;
  /** The previous-token head, the best induction head, and all heads that attend as it does. */
  readonly previous: TriedCut;
  readonly best: TriedCut;
  readonly all: TriedCut;
}

/**
 * Share of what the repeat helps that is left: (first copy, all heads - repeated half, cut) / (first copy - repeated half,
 * all heads). 1 if nothing is lost, 0 or less if the repeat helps no more; null if it does not help the whole model.
 */
function shareLeft({ losses: whole }: Cut, { losses: cut }: Cut): number | null {
  const gain = whole.firstCopy - whole.secondCopy;
  return gain > 0 ? (whole.firstCopy - cut.secondCopy) / gain : null;
}

/** From how much that is left a cut did not break induction. */
const HALF = 0.5;

/** The losses without these heads, beside those with all heads. */
export function lossWords(whole: Cut, cut: Cut): string {
  const [was, is] = [whole.losses.secondCopy.toFixed(2), cut.losses.secondCopy.toFixed(2)];
  const rows = whole.rows === 1 ? "a random sequence" : `${whole.rows} random sequences`;
  const share = shareLeft(whole, cut);
  const left =
    share === null
      ? ""
      : share < 0.005
        ? " The repeat no longer helps."
        : ` ${percent(share)} of what the repeat helps is left.`;
  return `On ${rows} the loss of the repeated half goes from ${was} to ${is} nats.${left}`;
}

/** What the cuts tried so far say together, or which one to try next. */
export function conclusion({ whole, previous, best, all }: CutTrials): string {
  const share = ({ after }: TriedCut) => (after ? shareLeft(whole, after) : null);
  const [first, alone, every] = [share(previous), share(best), share(all)];
  const many = all.heads.length > 1;
  const others = headList(all.heads.slice(1));
  if (alone !== null && alone >= HALF && many && every === null)
    return `It is not alone: ${others} attend${all.heads.length === 2 ? "s" : ""} as it does. Cut all ${all.heads.length}.`;
  const standIn =
    alone !== null && every !== null && alone >= HALF && every < HALF
      ? `Without ${headList(best.heads)} alone ${percent(alone)} is left, without all ${all.heads.length} ${percent(Math.max(0, every))}: they stand in for each other.`
      : "";
  const second = many ? (every ?? alone) : alone;
  if (first === null || second === null) return standIn || "Put it back and cut the other one.";
  if (first < HALF && second < HALF)
    return `${standIn} Either cut breaks it: it takes both steps, the look back and the match.`.trim();
  return `${standIn} Not every cut breaks it: other parts of this model do the same work.`.trim();
}
