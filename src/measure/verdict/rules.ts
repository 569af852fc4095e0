/**
 * @file The rules of the verdict: from evidence to behaviours, one label, flags and a reason. docs/verdict.md explains them;
 * they decide and do not speak (studies/verdict/reasonWords.ts does).
 */
import type { AttentionEvidence } from "./attention.ts";
import type { CausalEvidence, CausalScale, Losses, Sign } from "./causalEvidence.ts";
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
  SIZE_SHARE,
  STRONG,
  SURER,
} from "./thresholds.ts";

export interface Behaviour extends Estimate {
  readonly name: BehaviourName;
}

/** What is decided about a head. {@link OUTCOMES} has the reasons of heads that attend like induction. */
export interface Verdict {
  readonly label: Label;
  /** Strongest first. */
  readonly behaviours: readonly Behaviour[];
  readonly flags: readonly Flag[];
  readonly reason: Reason;
}

/** The outcomes of a head that attends like induction: why, the label that follows, and the flags besides. */
export const OUTCOMES = {
  "no-causal-run": { label: "other", flags: ["undecided"] },
  /** Writes + and matters. */
  "writes-copy": { label: "induction", flags: [] },
  /** Writes +, but nothing is lost without it. */
  "writes-copy-inert": { label: "attends-without-copying", flags: ["inert"] },
  /** Writes - and matters; its stripe stays without the other candidates. */
  "writes-against": { label: "anti-induction", flags: [] },
  /** The same, but its stripe falls without them. */
  "writes-against-prediction": { label: "copy-suppression", flags: [] },
  /** Writes -, but nothing is gained without it. */
  "writes-against-inert": { label: "attends-without-copying", flags: ["inert"] },
  /** Writes nothing, yet the copy is lost without it: by where later heads attend. */
  "acts-by-patterns": { label: "induction", flags: [] },
  /** The same, by what later layers make of it. */
  "acts-by-layers": { label: "induction", flags: ["indirect"] },
  "writes-nothing": { label: "attends-without-copying", flags: [] },
} as const satisfies Record<string, { readonly label: Label; readonly flags: readonly Flag[] }>;

export type InductionReason = keyof typeof OUTCOMES;
/** `behaviour`: the label is that of the strongest; `no-behaviour`: none is strong enough; `mixed`: two are alike. */
export type Reason = InductionReason | "behaviour" | "no-behaviour" | "mixed";

/** Whether a head attends like induction: its gain has a lower bound of .1 (a unit of a scan: .02) at every period and is a discovery. */
export function attendsLikeInduction({
  induction,
  p,
  least = LEAST_STRENGTH,
}: AttentionEvidence): boolean {
  return atLeast(induction) >= least && (p === null || p <= DISCOVERY_LEVEL);
}

/** How strong a head may be in each behaviour, and from where on it has it. */
function strengthsOf(attention: AttentionEvidence) {
  const strengths: Readonly<Record<BehaviourName, Estimate | null>> = {
    induction: attention.induction,
    positional: attention.fixedDistance,
    "previous-token": attention.previousToken,
    "duplicate-token": attention.duplicateToken,
    "current-token": attention.currentToken,
    "first-token": attention.firstToken,
  };
  return BEHAVIOURS.flatMap((name) => {
    const strength = strengths[name];
    const own = name === "induction" ? attention.least : undefined;
    const least = own ?? (name === "positional" ? LEAST_POSITIONAL : LEAST_STRENGTH);
    return strength ? [{ name, strength, least }] : [];
  });
}

/** Behaviours whose lower bound reaches .1 (positional: .3), the largest lower bound first. */
export function behavioursOf(attention: AttentionEvidence): Behaviour[] {
  return strengthsOf(attention)
    .flatMap(({ name, strength, least }): Behaviour[] => {
      if (name === "induction" && !attendsLikeInduction(attention)) return [];
      if (atLeast(strength) < least) return [];
      const { value, low, high } = strength;
      return [{ name, value, low, high }];
    })
    .sort((a, b) => atLeast(b) - atLeast(a));
}

/**
 * Whether a behaviour that the head does not surely have would name it, or stand beside the one that does: other sequences
 * might decide otherwise.
 */
function mightBeNamedElse(attention: AttentionEvidence, behaviours: readonly Behaviour[]): boolean {
  const [best, next] = namingBehaviours(behaviours);
  if (best && next && mixedByWidth(best, next)) return true;
  const rests = best === undefined || best.name === "first-token";
  return strengthsOf(attention).some(({ name, strength, least }) => {
    if (!spans(strength, least)) return false;
    if (name === "induction" || best === undefined) return true;
    if (name === "first-token") return false;
    return rests || atMost(strength) >= MIXED_SHARE * atLeast(best);
  });
}

/** Whether two are mixed since the interval reaches three quarters, where the means do not. */
function mixedByWidth(best: Behaviour, next: Behaviour): boolean {
  return areMixed(best, next) && next.value < MIXED_SHARE * best.value;
}

function areMixed(best: Behaviour, next: Behaviour): boolean {
  return atMost(next) >= MIXED_SHARE * atLeast(best);
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
  const reason = reasonOf(evidence, behaviours);
  const label = labelOf(reason, behaviours);
  const rests = behaviours.some(({ name }) => name === "first-token") && label !== "first-token";
  const unsure = mightBeNamedElse(evidence.attention, behaviours) || mightAct(evidence, reason);
  return { label, behaviours, flags: flagsOf(evidence, { reason, label, rests, unsure }), reason };
}

/** Behaviours that may name a head: resting on the first token does so only if there is no other. */
export function namingBehaviours(behaviours: readonly Behaviour[]): readonly Behaviour[] {
  const others = behaviours.filter(({ name }) => name !== "first-token");
  return others.length > 0 ? others : behaviours;
}

function reasonOf(evidence: HeadEvidence, behaviours: readonly Behaviour[]): Reason {
  const [best, next] = namingBehaviours(behaviours);
  if (!best) return "no-behaviour";
  if (next && areMixed(best, next)) return "mixed";
  return best.name === "induction" ? inductionReason(evidence) : "behaviour";
}

function labelOf(reason: Reason, behaviours: readonly Behaviour[]): Label {
  if (reason === "no-behaviour") return "other";
  if (reason === "mixed") return "mixed";
  return reason === "behaviour" ? namingBehaviours(behaviours)[0]!.name : OUTCOMES[reason].label;
}

/** What a head that attends like induction does with what it sees. */
function inductionReason({ causal, scale }: HeadEvidence): InductionReason {
  if (!causal || !scale) return "no-causal-run";
  const writes: Sign = causal.copying?.writes ?? "none";
  if (writes === "-") {
    if (!mattersFor("-", causal, scale)) return "writes-against-inert";
    return followsPrediction(causal) ? "writes-against-prediction" : "writes-against";
  }
  if (writes === "+") return mattersFor("+", causal, scale) ? "writes-copy" : "writes-copy-inert";
  if (!actsIndirectly(causal, scale)) return "writes-nothing";
  return viaPattern(causal) ? "acts-by-patterns" : "acts-by-layers";
}

/** Whether a head that is not said to act would be at the other end of its effects' intervals. */
function mightAct({ causal, scale }: HeadEvidence, reason: Reason): boolean {
  if (!causal || !scale) return false;
  if (reason === "writes-copy-inert") return mattersFor("+", causal, scale, possibly);
  if (reason === "writes-against-inert") return mattersFor("-", causal, scale, possibly);
  return reason === "writes-nothing" && actsIndirectly(causal, scale, possibly);
}

/** Of an effect: how large it is in the direction of its side (1: a loss, -1: a gain). */
type Reading = (estimate: Estimate, side: 1 | -1) => number;
const surely: Reading = (estimate, side) => (side > 0 ? atLeast(estimate) : -atMost(estimate));
const possibly: Reading = (estimate, side) => (side > 0 ? atMost(estimate) : -atLeast(estimate));

/** What takes off content and leaves size: an effect counts as content only if both show it. */
const CONTENT = ["sizedMean", "resample"] as const;
const SETTINGS = ["alone", "givenOthers"] as const;
type Standing = keyof Losses;

/**
 * Whether losing what the head says costs more than losing null heads does, alone or given the other candidates, in logits
 * or nats, and a tenth of what it writes itself is lost with it; by each of {@link CONTENT}.
 */
export function mattersFor(
  sign: "+" | "-",
  causal: CausalEvidence,
  scale: CausalScale,
  reading = surely,
): boolean {
  const { copying, necessity } = causal;
  const side = sign === "+" ? 1 : -1;
  const arrives = CONTENT.every((by) => {
    const lost = SETTINGS.map((when) => side * necessity[when][by].centredLogit.value);
    return Math.max(...lost) >= LEAST_ARRIVING * side * (copying?.effect.value ?? 0);
  });
  return arrives && exceedsNull(side, CONTENT, causal, scale, reading);
}

/** Whether in one setting and one unit all of these replacements lose (side 1) or gain (-1) more than null heads, as an effect is read. */
function exceedsNull(
  side: 1 | -1,
  by: readonly Standing[],
  { necessity }: CausalEvidence,
  scale: CausalScale,
  reading = surely,
): boolean {
  const least = {
    centredLogit: LEAST_EFFECT * scale.reference,
    nats: LEAST_EFFECT * scale.referenceNats,
  };
  return SETTINGS.some((when) =>
    (["centredLogit", "nats"] as const).some((unit) =>
      by.every(
        (unitOf) =>
          reading(necessity[when][unitOf][unit], side) >
          Math.max(necessity.nullSize[when][unit], least[unit]),
      ),
    ),
  );
}

/**
 * A head that writes nothing to the unembedding, yet costs the copy when what it says is gone, by more than what it writes
 * there itself: a random output favours the right tokens of one model by chance, and later layers did not cause that.
 */
function actsIndirectly(
  { copying, necessity }: CausalEvidence,
  scale: CausalScale,
  reading = surely,
): boolean {
  if (!scale.differs) return false;
  const least = LEAST_EFFECT * Math.abs(scale.clean.centredLogit - scale.corrupted.centredLogit);
  const direct = copying ? Math.max(0, copying.effect.value - copying.others) : 0;
  const beyond = (estimate: Estimate) =>
    estimate.value - direct - SURER * scale.widening * (estimate.value - reading(estimate, 1));
  return SETTINGS.some((when) =>
    CONTENT.every(
      (by) =>
        beyond(necessity[when][by].centredLogit) >
        Math.max(necessity.nullSize[when].centredLogit, least),
    ),
  );
}

/**
 * Whether mean ablation surely moves the copy while content surely carries less than half of that, in a setting and a unit:
 * then the rest is what norms divide by.
 */
function actsBySize(causal: CausalEvidence, scale: CausalScale): boolean {
  const { necessity } = causal;
  return ([1, -1] as const).some((side) => {
    if (!exceedsNull(side, ["mean"], causal, scale)) return false;
    if (exceedsNull(side, CONTENT, causal, scale)) return false;
    return SETTINGS.some((when) =>
      (["centredLogit", "nats"] as const).some((unit) => {
        const { mean, ...content } = necessity[when];
        const whole = surely(mean[unit], side);
        const most = CONTENT.map((by) => possibly(content[by][unit], side));
        return whole > necessity.nullSize[when][unit] && Math.min(...most) < SIZE_SHARE * whole;
      }),
    );
  });
}

function viaPattern({ necessity }: CausalEvidence): boolean {
  const whole = necessity.alone.sizedMean.centredLogit.value;
  return necessity.patternsKept.centredLogit.value < (1 - PATTERN_SHARE) * whole;
}

/** Without the other candidates' content, however that is taken off. */
function followsPrediction({ stripe }: CausalEvidence): boolean {
  const { whole, givenOthers, lost, givenResampled, lostResampled } = stripe;
  return (
    [givenOthers, givenResampled].every(({ value }) => value < KEPT_STRIPE * whole.value) &&
    [lost, lostResampled].every((estimate) => atLeast(estimate) > 0)
  );
}

/** Flags of a head, in the order of FLAGS. */
function flagsOf(
  { attention, causal, scale }: HeadEvidence,
  {
    reason,
    label,
    rests,
    unsure,
  }: {
    readonly reason: Reason;
    readonly label: Label;
    readonly rests: boolean;
    readonly unsure: boolean;
  },
): Flag[] {
  const attends = attendsLikeInduction(attention);
  const flags = new Set<Flag>(reason in OUTCOMES ? OUTCOMES[reason as InductionReason].flags : []);
  if (label === "induction" && causal && viaPattern(causal)) flags.add("via-pattern");
  if (attends && attention.induction.value < STRONG) flags.add("partial");
  if (rests) flags.add("first-token-rest");
  if (unsure) flags.add("undecided");
  if (causal && scale) {
    if (attends && actsBySize(causal, scale)) flags.add("norm");
    if (isRedundant(causal, scale)) flags.add("redundant");
    if (isBackup(causal)) flags.add("backup");
    if (followsPrediction(causal)) flags.add("follows-prediction");
    if (causal.copying && causal.copying.writes === "none" && spans(causal.copying.effect, 0)) {
      if (Math.abs(causal.copying.consistency ?? 0) >= LEAST_CONSISTENCY) flags.add("undecided");
    }
  }
  return FLAGS.filter((flag) => flags.has(flag));
}

/** What it says costs little alone and much once the others are gone. */
function isRedundant({ copying, necessity }: CausalEvidence, scale: CausalScale): boolean {
  if (copying?.writes === "-") return false;
  const { alone, givenOthers, nullSize } = necessity;
  const least = Math.max(nullSize.givenOthers.nats, LEAST_EFFECT * scale.referenceNats);
  return CONTENT.every((by) => {
    const [amongOthers, single] = [givenOthers[by].nats, alone[by].nats];
    return amongOthers.value > REDUNDANT * single.value && atLeast(amongOthers) > least;
  });
}

/** What it writes itself grows when what the others say is gone. */
function isBackup({ copying }: CausalEvidence): boolean {
  if (!copying || copying.writes === "none") return false;
  const { effect } = copying;
  const sign = copying.writes === "+" ? 1 : -1;
  return [copying.givenOthers, copying.givenResampled].every(
    (estimate) =>
      sign * estimate.value > BACKUP * sign * effect.value &&
      surely(estimate, sign) > possibly(effect, sign),
  );
}
