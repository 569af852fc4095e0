/** @file The rules of the verdict: from evidence to behaviours, one label, flags and a reason. docs/verdict.md explains them. */
import type { AttentionEvidence } from "./attention.ts";
import type { CausalEvidence, CausalScale, Drop, Sign } from "./causalEvidence.ts";
import { atLeast, atMost, spans, type Estimate } from "./estimate.ts";
import { BEHAVIOURS, FLAGS, type BehaviourName, type Flag, type Label } from "./names.ts";
import {
  BACKUP,
  DISCOVERY_LEVEL,
  KEPT_STRIPE,
  LEAST_ARRIVING,
  LEAST_CONSISTENCY,
  LEAST_EFFECT,
  LEAST_POSITIONAL,
  LEAST_STRENGTH,
  MIXED_SHARE,
  PATTERN_SHARE,
  REDUNDANT,
  STRONG,
  SURER,
} from "./thresholds.ts";

export interface Behaviour extends Estimate {
  readonly name: BehaviourName;
}

export interface Verdict {
  readonly label: Label;
  /** Strongest first. */
  readonly behaviours: readonly Behaviour[];
  readonly flags: readonly Flag[];
  /** In words. */
  readonly why: string;
}

/** Whether a head attends like induction: its gain has a lower bound of .1 at every period and is a discovery. */
export function attendsLikeInduction({ induction, p }: AttentionEvidence): boolean {
  return atLeast(induction) >= LEAST_STRENGTH && (p === null || p <= DISCOVERY_LEVEL);
}

/** Behaviours whose lower bound reaches .1 (positional: .3), the largest lower bound first. */
export function behavioursOf(attention: AttentionEvidence): Behaviour[] {
  const strengths: Readonly<Record<BehaviourName, Estimate | null>> = {
    induction: attendsLikeInduction(attention) ? attention.induction : null,
    positional: attention.fixedDistance,
    "previous-token": attention.previousToken,
    "duplicate-token": attention.duplicateToken,
    "current-token": attention.currentToken,
    "first-token": attention.firstToken,
  };
  return BEHAVIOURS.flatMap((name): Behaviour[] => {
    const strength = strengths[name];
    const least = name === "positional" ? LEAST_POSITIONAL : LEAST_STRENGTH;
    if (!strength || atLeast(strength) < least) return [];
    const { value, low, high } = strength;
    return [{ name, value, low, high }];
  }).sort((a, b) => atLeast(b) - atLeast(a));
}

/** What is known about a head that is judged. */
export interface HeadEvidence {
  readonly attention: AttentionEvidence;
  /** Null for heads that no causal run looked at. */
  readonly causal: CausalEvidence | null;
  readonly scale: CausalScale | null;
}

/** The verdict on one head. A pure function: the same evidence, the same verdict. */
export function verdictOf(evidence: HeadEvidence): Verdict {
  const behaviours = behavioursOf(evidence.attention);
  const shown = behaviours.filter(({ name }) => name !== "first-token");
  const rests = behaviours.some(({ name }) => name === "first-token");
  const [best, next] = shown;
  if (best && next && atMost(next) >= MIXED_SHARE * atLeast(best))
    return {
      label: "mixed",
      behaviours,
      flags: flagsOf(evidence, [], rests),
      why: `${best.name} ${short(best.value)} and ${next.name} ${short(next.value)}: neither is much the larger`,
    };
  if (best?.name === "induction") return inductionVerdict(evidence, behaviours, rests);
  const label = best?.name ?? (rests ? "first-token" : "other");
  return {
    label,
    behaviours,
    flags: flagsOf(evidence, [], rests && label !== "first-token"),
    why: attentionWords(evidence.attention, best ?? behaviours[0]),
  };
}

/** What a head that attends like induction does with what it sees. */
function inductionVerdict(
  evidence: HeadEvidence,
  behaviours: readonly Behaviour[],
  rests: boolean,
): Verdict {
  const { attention, causal, scale } = evidence;
  const seen = `attends like induction (gain ${short(attention.induction.value)})`;
  const verdict = (label: Label, own: readonly Flag[], why: string): Verdict => ({
    label,
    behaviours,
    flags: flagsOf(evidence, own, rests),
    why: `${seen}, ${why}`,
  });
  if (!causal || !scale) return verdict("other", ["undecided"], "but no causal run looked at it");
  const { copying, necessity, stripe } = causal;
  const writes: Sign = copying?.writes ?? "none";
  if (writes === "-") {
    const follows = followsPrediction(causal);
    const lowers = `lowers the logit of what it sees (${logits(copying!.effect.value)})`;
    if (!mattersFor("-", causal, scale))
      return verdict(
        "attends-without-copying",
        ["inert"],
        `${lowers}, but nothing is gained without it: ${costWords(necessity)}`,
      );
    const falls = `its stripe is ${short(stripe.givenOthers.value)} without the other candidates (${short(stripe.whole.value)} with them)`;
    return verdict(follows ? "copy-suppression" : "anti-induction", [], `${lowers}; ${falls}`);
  }
  if (writes === "+") {
    const raises = `raises the logit of what it sees (${logits(copying!.effect.value)})`;
    return mattersFor("+", causal, scale)
      ? verdict(
          "induction",
          viaPattern(causal) ? ["via-pattern"] : [],
          `${raises} and matters: ${costWords(necessity)}`,
        )
      : verdict(
          "attends-without-copying",
          ["inert"],
          `${raises}, but what it writes does not arrive or costs no more than null heads do: ${costWords(necessity)}`,
        );
  }
  if (!actsIndirectly(causal, scale))
    return verdict(
      "attends-without-copying",
      [],
      `writes nothing towards what it sees and costs no more than null heads do: ${costWords(necessity)}`,
    );
  return viaPattern(causal)
    ? verdict(
        "induction",
        ["via-pattern"],
        `acts through where later heads attend: ${costWords(necessity)}`,
      )
    : verdict(
        "induction",
        ["indirect"],
        `acts through later layers, which turn it into the copy: ${costWords(necessity)}`,
      );
}

/**
 * Whether losing the head costs more than losing null heads does, alone or given the other candidates, in logits or nats,
 * and a tenth of what it writes itself is lost with it.
 */
export function mattersFor(
  sign: "+" | "-",
  { copying, necessity }: CausalEvidence,
  scale: CausalScale,
): boolean {
  const { alone, givenOthers, nullSize } = necessity;
  const side = sign === "+" ? 1 : -1;
  const surely = (estimate: Estimate) => (side > 0 ? atLeast(estimate) : -atMost(estimate));
  const passes = (drop: Drop, size: { centredLogit: number; nats: number }) =>
    surely(drop.centredLogit) > Math.max(size.centredLogit, LEAST_EFFECT * scale.reference) ||
    surely(drop.nats) > Math.max(size.nats, LEAST_EFFECT * scale.referenceNats);
  const lost = [alone, givenOthers].map(({ mean }) => side * mean.centredLogit.value);
  const arrives = Math.max(...lost) >= LEAST_ARRIVING * side * (copying?.effect.value ?? 0);
  return (
    arrives &&
    (passes(alone.mean, nullSize.alone) || passes(givenOthers.mean, nullSize.givenOthers))
  );
}

/**
 * A head that writes nothing to the unembedding, yet costs the copy when it is gone, by more than what it writes there itself:
 * a random output favours the right tokens of one model by chance, and that is no act of later layers.
 */
function actsIndirectly({ copying, necessity }: CausalEvidence, scale: CausalScale): boolean {
  if (!scale.differs) return false;
  const least = LEAST_EFFECT * Math.abs(scale.clean.centredLogit - scale.corrupted.centredLogit);
  const direct = copying ? Math.max(0, copying.effect.value - copying.others) : 0;
  const surely = ({ value, low }: Estimate) =>
    value - direct - SURER * scale.widening * (value - (low ?? value));
  const passes = ({ centredLogit }: Drop, size: { centredLogit: number }) =>
    surely(centredLogit) > Math.max(size.centredLogit, least);
  return (
    passes(necessity.alone.mean, necessity.nullSize.alone) ||
    passes(necessity.givenOthers.mean, necessity.nullSize.givenOthers)
  );
}

function viaPattern({ necessity }: CausalEvidence): boolean {
  const whole = necessity.alone.mean.centredLogit.value;
  return necessity.patternsKept.centredLogit.value < (1 - PATTERN_SHARE) * whole;
}

function followsPrediction({ stripe }: CausalEvidence): boolean {
  return stripe.givenOthers.value < KEPT_STRIPE * stripe.whole.value && atLeast(stripe.lost) > 0;
}

/** Flags of a head, in the order of FLAGS. */
function flagsOf(
  { attention, causal, scale }: HeadEvidence,
  own: readonly Flag[],
  rests: boolean,
): Flag[] {
  const attends = attendsLikeInduction(attention);
  const found = new Set<Flag>(own);
  if (attends && attention.induction.value < STRONG) found.add("partial");
  if (rests) found.add("first-token-rest");
  if (spans(attention.induction, LEAST_STRENGTH)) found.add("undecided");
  if (causal && scale) {
    if (isRedundant(causal, scale)) found.add("redundant");
    if (isBackup(causal)) found.add("backup");
    if (followsPrediction(causal)) found.add("follows-prediction");
    if (causal.copying && causal.copying.writes === "none" && spans(causal.copying.effect, 0)) {
      if (Math.abs(causal.copying.consistency ?? 0) >= LEAST_CONSISTENCY) found.add("undecided");
    }
  }
  return FLAGS.filter((flag) => found.has(flag));
}

/** It costs little alone and much once the others are gone. */
function isRedundant({ copying, necessity }: CausalEvidence, scale: CausalScale): boolean {
  if (copying?.writes === "-") return false;
  const { alone, givenOthers, nullSize } = necessity;
  const [given, single] = [givenOthers.mean.nats, alone.mean.nats];
  const least = Math.max(nullSize.givenOthers.nats, LEAST_EFFECT * scale.referenceNats);
  return given.value > REDUNDANT * single.value && atLeast(given) > least;
}

/** What it writes itself grows when the others are gone. */
function isBackup({ copying }: CausalEvidence): boolean {
  if (!copying || copying.writes === "none") return false;
  const { effect, givenOthers } = copying;
  const sign = copying.writes === "+" ? 1 : -1;
  const least = sign > 0 ? atLeast(givenOthers) : -atMost(givenOthers);
  const most = sign > 0 ? atMost(effect) : -atLeast(effect);
  return sign * givenOthers.value > BACKUP * sign * effect.value && least > most;
}

function costWords({ alone, givenOthers }: CausalEvidence["necessity"]): string {
  const [one, given] = [alone.mean.nats.value, givenOthers.mean.nats.value];
  return `costs ${short(one)} nats alone, ${short(given)} without the other candidates`;
}

function attentionWords(attention: AttentionEvidence, best: Behaviour | undefined): string {
  if (!best) return "no behaviour reaches .1";
  const where =
    best.name === "positional"
      ? ` (${attention.fixedDistance!.distance} tokens back, whatever stands there)`
      : "";
  return `${best.name} attention ${short(best.value)}${where}`;
}

function short(value: number): string {
  return value
    .toFixed(2)
    .replace("-", "−")
    .replace(/^(−?)0\./, "$1.");
}

function logits(value: number): string {
  return `${value > 0 ? "+" : ""}${short(value)} logits`;
}
