/** @file From losses, per example, to the Result of `ablate`. */
import { VERSION } from "../../base/version.ts";
import { meanInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { AblateResult } from "../../results/ablate.ts";
import type { Backend } from "../../runtime/backend.ts";
import { environmentOf, modelInfoOf } from "../about.ts";
import { jobName, type AblationJob, type AblationPlan } from "./ablate.ts";
import type { AblationRows } from "./ablationRows.ts";
import { headName, type HeadAt } from "./headNames.ts";
import type { CopyLossesByExample } from "./readCopyLosses.ts";

type Losses = ReadonlyMap<string, CopyLossesByExample>;

export function ablateResultOf(
  model: LoadedModel,
  backend: Backend,
  rows: AblationRows,
  plan: AblationPlan,
  losses: Losses,
  timings: Record<string, number>,
): AblateResult {
  const { kind, given } = plan;
  const base = losses.get(jobName({ heads: given }))!;
  const sets = plan.sets.map((set) => setOf(set, plan, losses));
  const examples = rows.info.examples;
  const needsReference = kind === "mean" || kind === "resample";
  return {
    schema: "induction-lens/ablate@1",
    version: VERSION,
    model: modelInfoOf(model),
    input: rows.info,
    warnings: [
      ...rows.warnings,
      ...(examples < 10
        ? [`${examples} examples are too few for an interval; 10 is the least`]
        : []),
    ],
    kind,
    reference: needsReference
      ? { what: rows.referenceWhat, examples: rows.reference.shape[0]! }
      : null,
    given: given.map(headName),
    loss: { firstCopy: mean(base.firstCopy), secondCopy: mean(base.secondCopy) },
    heads: plan.each.length > 0 ? headsOf(plan, losses) : null,
    sets,
    ideal: idealOf(plan, losses),
    words: sets.filter(({ heads }) => heads.length > 1).map(setWords),
    environment: environmentOf(backend),
    timings,
  };
}

/** What a job adds to the losses of the run with the given heads ablated. */
function changeOf(job: AblationJob, { given }: AblationPlan, losses: Losses) {
  const [with_, without] = [losses.get(jobName(job))!, losses.get(jobName({ heads: given }))!];
  const minus = (copy: keyof CopyLossesByExample) =>
    with_[copy].map((loss, example) => loss - without[copy][example]!);
  const second = minus("secondCopy");
  const interval = meanInterval(second);
  return {
    firstCopy: mean(minus("firstCopy")),
    secondCopy: mean(second),
    interval: interval && ([...interval] as [number, number]),
  };
}

function headsOf(plan: AblationPlan, losses: Losses): AblateResult["heads"] {
  const changes = plan.each.map((head) => ({
    ...head,
    ...changeOf({ heads: [...plan.given, head] }, plan, losses),
  }));
  const byLayer = <Value>(each: (change: (typeof changes)[number]) => Value) =>
    [...new Set(changes.map(({ layer }) => layer))].map((layer) =>
      changes.filter((change) => change.layer === layer).map(each),
    );
  return {
    delta: {
      firstCopy: byLayer(({ firstCopy }) => firstCopy),
      secondCopy: byLayer(({ secondCopy }) => secondCopy),
    },
    intervals: byLayer(({ interval }) => interval),
  };
}

function setOf(
  set: readonly HeadAt[],
  plan: AblationPlan,
  losses: Losses,
): AblateResult["sets"][number] {
  const { given } = plan;
  const joint = changeOf({ heads: [...given, ...set] }, plan, losses);
  const alone = set.map((head) => changeOf({ heads: [...given, head] }, plan, losses).secondCopy);
  const sumOfAlone = alone.reduce((sum, delta) => sum + delta, 0);
  const givenOthers = set.map((head) => {
    const others = set.filter((other) => headName(other) !== headName(head));
    const without = changeOf({ heads: [...given, ...others] }, plan, losses).secondCopy;
    return joint.secondCopy - without;
  });
  const synergy = joint.secondCopy - sumOfAlone;
  return { heads: set.map(headName), ...joint, alone, sumOfAlone, synergy, givenOthers };
}

function idealOf(plan: AblationPlan, losses: Losses): AblateResult["ideal"] {
  return plan.ideal.map((ideal) => {
    const change = changeOf({ heads: plan.given, ideal }, plan, losses);
    const gone = changeOf({ heads: [...plan.given, ideal.head] }, plan, losses).secondCopy;
    const kept = gone === 0 ? null : 1 - change.secondCopy / gone;
    return { head: headName(ideal.head), pattern: ideal.pattern, ...change, kept };
  });
}

function setWords({
  heads,
  secondCopy,
  sumOfAlone,
  synergy,
}: AblateResult["sets"][number]): string {
  const compared = synergy > 0 ? "more than" : synergy < 0 ? "less than" : "exactly";
  const nats = (value: number) => value.toFixed(2);
  return `Without ${heads.join(", ")} together the loss of the second copy rises by ${nats(secondCopy)} nats, ${compared} the sum of ${nats(sumOfAlone)} that they cost one by one.`;
}

function mean(values: Float64Array): number {
  return moments(values).mean;
}
