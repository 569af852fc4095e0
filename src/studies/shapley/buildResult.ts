/** @file From the worth of sets of heads to the Result of `shapley`. */
import type { Backend } from "../../base/backend.ts";
import { headName } from "../../base/headName.ts";
import type { AblationRows } from "../../inputs/ablationRows.ts";
import { mattersBy, shapleyValues } from "../../measure/shapleyValues.ts";
import { FEWEST_FOR_INTERVAL } from "../../measure/interval.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { MeasureName, Worths } from "../../interventions/coalitionRuns.ts";
import type { ShapleyPlan } from "./plan.ts";
import type { ShapleyResult } from "./result.ts";

interface FoundWorths {
  readonly rows: AblationRows;
  readonly plan: ShapleyPlan;
  readonly worths: { readonly repeated: Worths; readonly control: Worths };
  readonly timings: Record<string, number>;
}

export function shapleyResultOf(
  model: LoadedModel,
  backend: Backend,
  { rows, plan, worths, timings }: FoundWorths,
): ShapleyResult {
  const { kind, orders, heads, threshold, seed } = plan;
  const [gains, logits] = (["copyGain", "centredLogit"] as const).map((measure) =>
    measureOf(measure, plan, worths),
  ) as [Measure, Measure];
  const result = {
    ...beginResult("induction-lens/shapley@1"),
    ...headerOf(model, rows.info, [
      ...rows.warnings,
      ...tooFewWarning(rows.info.examples),
      ...fewPairs(orders),
    ]),
    kind,
    reference:
      kind === "zero" ? null : { what: rows.referenceWhat, examples: rows.reference.shape[0]! },
    design: orders
      ? { kind: "sampled" as const, pairs: orders.length, seed }
      : { kind: "exact" as const, subsets: plan.coalitions.length },
    threshold,
    copyGain: gains.whole,
    centredLogit: logits.whole,
    heads: heads.map(({ layer, head }, player) => ({
      layer,
      head,
      copyGain: gains.parts[player]!,
      centredLogit: logits.parts[player]!,
    })),
  };
  return { ...result, words: wordsOf(result), ...footerOf(backend, timings) };
}

interface Measure {
  readonly whole: ShapleyResult["copyGain"];
  readonly parts: readonly ShapleyResult["heads"][number]["copyGain"][];
}

function measureOf(name: MeasureName, plan: ShapleyPlan, worths: FoundWorths["worths"]): Measure {
  const on = (byName: Worths) => shapleyValues(plan, (set) => byName.get(set)![name]);
  const { all, none, gain, values } = on(worths.repeated);
  const nulls = on(worths.control).values;
  return {
    whole: { all, none, gain },
    parts: values.map((estimate, player) => ({
      ...estimate,
      share: gain.value === 0 ? null : estimate.value / gain.value,
      null: nulls[player]!,
      matters: mattersBy(estimate, plan.threshold * Math.abs(gain.value)),
    })),
  };
}

function fewPairs(orders: ShapleyPlan["orders"]): string[] {
  return orders && orders.length < FEWEST_FOR_INTERVAL
    ? [
        `${orders.length} pairs of orders are too few for an interval; ${FEWEST_FOR_INTERVAL} is the least`,
      ]
    : [];
}

function wordsOf({
  heads,
  copyGain,
  threshold,
}: Pick<ShapleyResult, "heads" | "copyGain" | "threshold">): string[] {
  const list = (which: "yes" | "undecided") =>
    heads
      .filter((head) => head.copyGain.matters === which)
      .toSorted((a, b) => Math.abs(b.copyGain.value) - Math.abs(a.copyGain.value))
      .map(
        (head) =>
          `${headName(head)} (${head.copyGain.value.toFixed(2)}${which === "yes" ? " nats" : ""})`,
      );
  const [sure, unsure] = [list("yes"), list("undecided")];
  const least = `${Math.round(threshold * 100)} %`;
  return [
    `The heads of the list bring ${copyGain.gain.value.toFixed(2)} nats of copy gain: ${copyGain.all.toFixed(2)} with all of them, ${copyGain.none.toFixed(2)} with none.`,
    ...harmWords(copyGain),
    sure.length > 0
      ? `Surely ${least} of that or more: ${sure.join(", ")}.`
      : `No head surely has ${least} of that or more.`,
    ...(unsure.length > 0 ? [`The interval spans ${least}: ${unsure.join(", ")}.`] : []),
  ];
}

/** From this share of the whole on, harm of the substitutes is said. */
const HARM = 0.05;

/** A loss punishes sure predictions of other tokens, so heads that write predictions can be worth less than nothing without theirs. */
function harmWords({ gain, none }: ShapleyResult["copyGain"]): string[] {
  if (!(none < 0 && -none > HARM * Math.abs(gain.value))) return [];
  return [
    `With none of them the loss is ${(-none).toFixed(2)} nats worse than without copying: what stands in for heads that write predictions predicts other tokens. Those heads get that part, and heads that feed them do not; logits have no such part.`,
  ];
}
