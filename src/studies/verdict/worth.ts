/** @file Which heads matter, from their Shapley values: fields of the Result, and sentences. */
import { headName, type HeadAt } from "../../base/headName.ts";
import { mattersBy, type Matters } from "../../measure/shapleyValues.ts";
import { atLeast, type Estimate } from "../../measure/verdict/estimate.ts";
import { LEAST_COPY_GAIN, MATTERS_SHARE } from "../../measure/verdict/thresholds.ts";
import type { VerdictResult } from "./result.ts";
import type { WorthNumbers } from "./worthRuns.ts";

type HeadWorth = NonNullable<VerdictResult["heads"][number]["worth"]>;

/** Null for a head without a value. */
export function headWorth({ copyGain, worths }: WorthNumbers, head: HeadAt): HeadWorth | null {
  const at = worths?.heads.findIndex((other) => headName(other) === headName(head)) ?? -1;
  if (!worths || at < 0) return null;
  const value = worths.values[at]!;
  return {
    ...value,
    share: value.value / copyGain.value,
    matters: mattersIn(copyGain, value),
  };
}

/** No head surely matters where the model may not copy at all. */
function mattersIn(copyGain: Estimate, value: Estimate): Matters {
  const answer = mattersBy(value, MATTERS_SHARE * copyGain.value);
  return answer === "yes" && atLeast(copyGain) < LEAST_COPY_GAIN ? "undecided" : answer;
}

export function wholeWorth({
  copyGain,
  examples,
  worths,
}: WorthNumbers): NonNullable<VerdictResult["worth"]> {
  return {
    copyGain,
    copies: copyGain.value >= LEAST_COPY_GAIN,
    none: worths?.none ?? null,
    threshold: MATTERS_SHARE,
    examples,
    heads: worths?.heads.map(headName) ?? [],
    screened: worths?.screened ?? false,
    design: worths && designOf(worths),
  };
}

function designOf({ pairs, subsets }: NonNullable<WorthNumbers["worths"]>) {
  return pairs === null
    ? { kind: "exact" as const, subsets }
    : { kind: "sampled" as const, pairs, subsets };
}

/** Which heads bring the copy gain, which take from it, and of which it is undecided. */
export function worthWords({ heads, worth }: Pick<VerdictResult, "heads" | "worth">): string[] {
  if (!worth) return [];
  const gain = `${worth.copyGain.value.toFixed(2)} nats`;
  if (!worth.copies)
    return [`The model hardly copies (copy gain ${gain}), so no head matters for that.`];
  const least = `${Math.round(100 * worth.threshold)} %`;
  const list = (isMeant: (own: HeadWorth) => boolean) =>
    heads
      .flatMap((head) => (head.worth && isMeant(head.worth) ? [{ head, own: head.worth }] : []))
      .toSorted((a, b) => Math.abs(b.own.value) - Math.abs(a.own.value))
      .map(({ head, own }) => `${headName(head)} (${Math.round(100 * own.share)} %)`)
      .join(", ");
  const bringing = list(({ matters, value }) => matters === "yes" && value > 0);
  const taking = list(({ matters, value }) => matters === "yes" && value < 0);
  const unsure = list(({ matters }) => matters === "undecided");
  return [
    bringing === ""
      ? `No head surely brings ${least} of the copy gain of ${gain}.`
      : `Of the copy gain of ${gain} these heads bring ${least} or more each: ${bringing}.`,
    ...(taking === "" ? [] : [`These heads take as much or more away from it each: ${taking}.`]),
    ...(unsure === "" ? [] : [`Undecided: ${unsure}.`]),
  ];
}
