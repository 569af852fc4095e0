/** @file Why a head has its label, in one sentence. */
import type { AttentionEvidence } from "../../measure/verdict/attention.ts";
import type { CausalEvidence } from "../../measure/verdict/causalEvidence.ts";
import {
  namingBehaviours,
  type Behaviour,
  type HeadEvidence,
  type InductionReason,
  type Verdict,
} from "../../measure/verdict/rules.ts";

/** The sentence of a verdict, with the numbers that decided it. */
export function reasonWords(
  evidence: HeadEvidence,
  { reason, behaviours, flags }: Pick<Verdict, "reason" | "behaviours" | "flags">,
): string {
  const { attention, causal } = evidence;
  const [best, next] = namingBehaviours(behaviours);
  if (reason === "no-behaviour") return "no behaviour reaches .1";
  if (reason === "behaviour") return behaviourWords(attention, best!);
  if (reason === "mixed")
    return `${best!.name} ${short(best!.value)} and ${next!.name} ${short(next!.value)}: neither is much the larger`;
  const sight = `attends like induction (gain ${short(attention.induction.value)})`;
  if (!causal) return `${sight}, but no causal run looked at it`;
  const size = flags.includes("norm") ? `; ${sizeWords(causal)}` : "";
  return `${sight}, ${CAUSAL_WORDS[reason](causal)}${size}`;
}

function sizeWords({ necessity: { alone } }: CausalEvidence): string {
  return `with its mean in its place norms divide by less, which moves the loss by ${short(alone.mean.nats.value)} nats and is no content`;
}

/** What follows "attends like induction". */
const CAUSAL_WORDS: Readonly<Record<InductionReason, (causal: CausalEvidence) => string>> = {
  "no-causal-run": () => "but no causal run looked at it",
  "writes-copy": (causal) => `${raises(causal)} and matters: ${costs(causal)}`,
  "writes-copy-inert": (causal) =>
    `${raises(causal)}, but what it writes does not arrive or costs no more than null heads do: ${costs(causal)}`,
  "writes-against": (causal) => `${lowers(causal)}; ${stripeWords(causal)}`,
  "writes-against-prediction": (causal) => `${lowers(causal)}; ${stripeWords(causal)}`,
  "writes-against-inert": (causal) =>
    `${lowers(causal)}, but nothing is gained without it: ${costs(causal)}`,
  "acts-by-patterns": (causal) => `acts through where later heads attend: ${costs(causal)}`,
  "acts-by-layers": (causal) =>
    `acts through later layers, which turn it into the copy: ${costs(causal)}`,
  "writes-nothing": (causal) =>
    `writes nothing towards what it sees and costs no more than null heads do: ${costs(causal)}`,
};

const raises = ({ copying }: CausalEvidence) =>
  `raises the logit of what it sees (${logits(copying!.effect.value)})`;

const lowers = ({ copying }: CausalEvidence) =>
  `lowers the logit of what it sees (${logits(copying!.effect.value)})`;

function stripeWords({ stripe }: CausalEvidence): string {
  return `its stripe is ${short(stripe.givenOthers.value)} without the other candidates (${short(stripe.whole.value)} with them)`;
}

/** What is lost with what it says, its size kept. */
function costs({ necessity: { alone, givenOthers } }: CausalEvidence): string {
  const [single, amongOthers] = [alone.sizedMean.nats.value, givenOthers.sizedMean.nats.value];
  return `costs ${short(single)} nats alone, ${short(amongOthers)} without the other candidates`;
}

function behaviourWords({ fixedDistance }: AttentionEvidence, { name, value }: Behaviour): string {
  const where =
    name === "positional" ? ` (${fixedDistance!.distance} tokens back, whatever stands there)` : "";
  return `${name} attention ${short(value)}${where}`;
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
