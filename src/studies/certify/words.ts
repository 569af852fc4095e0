/** @file What a certificate says, in sentences. */
import { headName } from "../../base/headName.ts";
import { roundedDown, roundedUp } from "../../measure/certificate/safeRounding.ts";
import type { CertifyResult } from "./result.ts";

type CertifyNumbers = Omit<CertifyResult, "words" | "environment" | "timings">;

export function wordsOf(result: CertifyNumbers): string[] {
  return [...result.heads.map((head) => headWords(head, result)), accuracyWords(result)];
}

/** Downward, so that no rounding says more than is proved. */
const floor = (value: number) => roundedDown(value).toFixed(4);

function headWords(
  head: CertifyNumbers["heads"][number],
  { family, uniform }: CertifyNumbers,
): string {
  const name = headName(head);
  const all = `all ${family.sequences.toLocaleString("en")} sequences of ${family.period} different tokens out of ${family.tokens}, twice`;
  const floorWords = `the least that was found is ${roundedUp(head.found.least).toFixed(4)}`;
  if (head.certified)
    return `Proved: on ${all}, ${name} pays at least ${floor(head.least)} of its attention to the induction target at every query, and ${floor(head.mean)} in the mean; ${floorWords}.`;
  return `No certificate for ${name}: on ${all}, only ${floor(head.least)} is proved, and uniform attention pays up to ${roundedUp(uniform).toFixed(4)}; ${floorWords}. ${lossWords(head)}`;
}

const STEPS = {
  rest: "the rest of the first layer's attention",
  query: "what the first layer writes at the query",
  scale: "the scales of norms",
} as const;

function lossWords({ least, without }: CertifyNumbers["heads"][number]): string {
  const gains = (Object.keys(STEPS) as (keyof typeof STEPS)[])
    .map((step) => ({ step, gain: without[step] - least }))
    .sort((a, b) => b.gain - a.gain);
  if (!(without.all > 2 * least + 1e-3))
    return "It would be no better if nothing were lost at any step: the head does not match its target.";
  const [most] = gains;
  if (!(most!.gain > 1e-3))
    return `No single step loses it; with none of them it would be ${floor(without.all)} there.`;
  return `Most is lost by ${STEPS[most!.step]}: with it known the bound would be ${floor(without[most!.step])} there.`;
}

function accuracyWords({ accuracy }: CertifyNumbers): string {
  return accuracy.proved > 0
    ? `Proved: the model predicts the next token at ${floor(accuracy.proved)} of all queries of the second copy at least; on random sequences ${floor(accuracy.found)}.`
    : `Of the model's predictions nothing is proved; on random sequences ${floor(accuracy.found)} are right.`;
}
