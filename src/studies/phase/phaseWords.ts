/** @file What a run shows, in sentences. */
import { headName } from "../../base/headName.ts";
import { someOf } from "../../base/someOf.ts";
import type { PhaseChange, PhaseCurves, PhaseHead, PhasePair, PhaseResult } from "./result.ts";
import type { RankedHead } from "./leadingPair.ts";

type Parts = Pick<
  PhaseResult,
  "pair" | "change" | "p" | "inductionHeads" | "events" | "order" | "bump"
>;

interface PhaseFacts extends Parts {
  readonly curves: PhaseCurves;
  readonly steps: readonly number[];
  /** The head with the highest induction score at the end. */
  readonly best: RankedHead | null;
  /** Whether there were checkpoints enough to look for a change. */
  readonly enough: boolean;
}

/** The change or that there is none, the order of events, the loss, and where the heads are. */
export function phaseWords(facts: PhaseFacts): string[] {
  return [
    changeWords(facts),
    orderWords(facts),
    pairWords(facts),
    ...lossWords(facts),
    ...depthWords(facts),
    ...strategyWords(facts),
  ].filter((text) => text !== "");
}

/** `620 [600, 645]`. */
export function stepText({ step, low, high }: PhaseChange): string {
  return `${whole(step)} [${whole(low)}, ${whole(high)}]`;
}

const whole = (step: number) =>
  (step < 10 ? Number(step.toPrecision(2)) : Math.round(step)).toLocaleString("en-GB");

function changeWords({ change, pair, inductionHeads, best, enough, p }: PhaseFacts): string {
  if (!enough) return "Too few checkpoints to find a change in: the curves only.";
  if (change && pair)
    return `Phase change at step ${stepText(change)}: the induction score of head ${headName(pair.induction)} rises by ${change.effectSize.toFixed(2)} within ${widthText(change)} (p ${pText(p)}).`;
  const [leading] = inductionHeads;
  if (leading)
    return `No phase change. Head ${headName(leading)} attends by induction at the end (${leading.score.toFixed(2)}), but its score does not rise suddenly.`;
  const reached = best
    ? ` The best head, ${headName(best)}, ends at ${best.score.toFixed(3)}${best.gain < best.score ? ` (${best.gain.toFixed(3)} above what it scores where nothing repeats)` : ""}.`
    : "";
  return `No phase change: at the last checkpoint no head attends like induction.${reached}`;
}

function widthText({ width }: PhaseChange): string {
  return width < 0.01
    ? "the time between two checkpoints"
    : `a factor of ${(10 ** width).toFixed(1)} in steps`;
}

function pText(p: number | null): string {
  if (p === null) return "unknown";
  return p < 1e-4 ? "< 0.0001" : p.toFixed(4);
}

/** Which previous-token head is meant, what chose it, and who else attends so. */
function pairWords({ pair }: PhaseFacts): string {
  if (!pair?.previous) return "";
  const { induction, previous, chosenBy, upstream } = pair;
  const is = (head: PhaseHead) => head.layer === previous.layer && head.head === previous.head;
  const chosen = upstream.find(is)!;
  const [strongest] = upstream;
  const reads = readsText(headName(induction), chosen, chosenBy!);
  const others = upstream.filter((head) => !is(head));
  if (others.length === 0 || !chosen.lost) return `${reads}.`;
  const stronger = strongest && !is(strongest) ? strongest : null;
  const rest = stronger ?? others.reduce((a, b) => (lostMost(b).share > lostMost(a).share ? b : a));
  const comparison = stronger
    ? `${headName(rest)} attends more to the previous token (${rest.previousToken.toFixed(2)} against ${chosen.previousToken.toFixed(2)})`
    : `the next is ${headName(rest)}`;
  return `${reads}; ${comparison}: ${lostText(rest)}.`;
}

function readsText(
  receiver: string,
  chosen: PhasePair["upstream"][number],
  by: NonNullable<PhasePair["chosenBy"]>,
): string {
  const name = headName(chosen);
  if (by === "paths")
    return `Head ${receiver} reads previous-token head ${name}: ${lostText(chosen)}`;
  if (by === "composition") {
    const { k, q } = chosen.composition!;
    return `Head ${receiver} composes most with previous-token head ${name} by the weights (${Math.max(k, q).toFixed(2)}); paths were not measured`;
  }
  return chosen.lost
    ? `No previous-token head before ${receiver} carries a tenth of its score into its keys or queries; the strongest is ${name}: ${lostText(chosen)}`
    : `Of the heads before ${receiver}, ${name} attends most to the previous token; whether it is read, curves do not tell`;
}

function lostMost({ lost }: PhasePair["upstream"][number]) {
  const { k, q } = lost!;
  return k.share >= q.share
    ? { share: k.share, into: "keys" }
    : { share: q.share, into: "queries" };
}

function lostText(head: PhasePair["upstream"][number]): string {
  const { share, into } = lostMost(head);
  return `without its path into the ${into}, ${(100 * Math.max(0, share)).toFixed(0)} % of the induction score is lost`;
}

function orderWords({ events, order, pair }: PhaseFacts): string {
  if (!pair) return "";
  const previous = events.find(({ name }) => name === "previousToken");
  const induction = events.find(({ name }) => name === "induction")?.change;
  if (!previous) return "No head before it attends to the previous token.";
  const name = `previous-token head ${headName(previous.head!)}`;
  if (!previous.change || !induction)
    return `Order of events: none to tell, the score of ${name} ${previous.change ? `changes at step ${stepText(previous.change)}` : "does not change suddenly"}.`;
  const both = `${name} at step ${stepText(previous.change)}, induction head ${headName(pair.induction)} at ${stepText(induction)}`;
  return {
    "previous-token first": `The previous-token head comes first: ${both}.`,
    "induction first": `The induction head comes first: ${both}.`,
    "not resolved": `Which comes first is not resolved, the intervals overlap: ${both}.`,
    none: "",
  }[order];
}

function lossWords({ events, bump, curves }: PhaseFacts): string[] {
  const gain = events.find(({ name }) => name === "copyGain");
  const end = curves.loss?.copyGain.at(-1);
  const words: string[] = [];
  if (gain && end !== undefined)
    words.push(
      gain.change
        ? `Copy gain changes by ${gain.change.effectSize.toFixed(2)} nats at step ${stepText(gain.change)} and ends at ${end.toFixed(2)}.`
        : `Copy gain ends at ${end.toFixed(2)} nats and does not change suddenly.`,
    );
  if (curves.icl)
    words.push(
      `On the text, token ${curves.icl.late} is ${(-curves.icl.olsson.at(-1)!).toFixed(2)} nats easier than token ${curves.icl.early} at the end (icl.olsson ${curves.icl.olsson.at(-1)!.toFixed(2)}).`,
    );
  if (!bump) return words;
  const meanwhile = bump.withChange ? "together with the heads" : "not together with the heads";
  words.push(
    bump.change
      ? `The loss (${bump.curve}) falls suddenly by ${Math.abs(bump.change.effectSize).toFixed(2)} nats at step ${stepText(bump.change)}, ${meanwhile}.`
      : `The loss (${bump.curve}) has no sudden fall.`,
  );
  if (bump.overshoot.nats >= LEAST_OVERSHOOT)
    words.push(
      `The first copy's loss rises by up to ${bump.overshoot.nats.toFixed(2)} nats above what it had been (step ${whole(bump.overshoot.step)}).`,
    );
  return words;
}

const LEAST_OVERSHOOT = 0.05;

function depthWords({ inductionHeads }: PhaseFacts): string[] {
  if (inductionHeads.length === 0) return [];
  const heads = inductionHeads.map(
    (head) => `${headName(head)} (${head.score.toFixed(2)}, depth ${head.depth.toFixed(2)})`,
  );
  const count = inductionHeads.length;
  return [
    `${count} ${count === 1 ? "head attends" : "heads attend"} by induction at the end: ${someOf(heads, ", ", 5)}. Depth is layer / layers.`,
  ];
}

/** Which way of counting the model follows, from which checkpoint on. */
function strategyWords({ curves: { strategies }, steps }: PhaseFacts): string[] {
  if (!strategies) return [];
  const { follows, divergence, symbols } = strategies;
  const spans = follows.flatMap((name, at) =>
    at > 0 && name === follows[at - 1] ? [] : [`${name} from step ${whole(steps[at]!)}`],
  );
  const last = follows.at(-1)!;
  return [
    `In random Markov chains of ${symbols} symbols the model predicts most like: ${spans.join(", ")}; at the end it is ${divergence[last].at(-1)!.toFixed(3)} nats from that and ${divergence.chain.at(-1)!.toFixed(3)} from the truth.`,
  ];
}
