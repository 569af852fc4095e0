/** @file From losses, per example, to the Result of `ablate`. */
import { mean } from "../../measure/mean.ts";
import { meanInterval } from "../../measure/interval.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { AblateResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import { curveOf } from "./ablationCurve.ts";
import type { AblationRows } from "../../inputs/ablationRows.ts";
import type { AblationPlan } from "./plan.ts";
import { jobName, type AblationJob, type Losses } from "./ablationRuns.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import type { CopyLossesByExample } from "../../interventions/readCopyLosses.ts";

/** Without BOS the first token is one of the copy, which a head that is redirected to it copies. */
function restWarning(kind: AblationPlan["kind"], bos: boolean): string[] {
  if (kind !== "redirect" || bos) return [];
  return [
    "rows begin without BOS, so attention is redirected to the first token of the first copy",
  ];
}

export function ablateResultOf(
  model: LoadedModel,
  backend: Backend,
  rows: AblationRows,
  plan: AblationPlan,
  losses: Losses,
  minimal: AblateResult["minimal"],
  timings: Record<string, number>,
): AblateResult {
  const { kind, baseHeads } = plan;
  const base = losses.get(jobName({ heads: baseHeads }))!;
  const sets = plan.sets.map((set) => setOf(set, plan, losses));
  const examples = rows.info.examples;
  const needsReference = kind === "mean" || kind === "sized-mean" || kind === "resample";
  return {
    ...beginResult("induction-lens/ablate@1"),
    ...headerOf(model, rows.info, [
      ...rows.warnings,
      ...tooFewWarning(examples),
      ...restWarning(kind, rows.info.bos),
    ]),
    kind,
    reference: needsReference
      ? { what: rows.referenceWhat, examples: rows.reference.shape[0]! }
      : null,
    given: baseHeads.map(headName),
    loss: { firstCopy: mean(base.firstCopy), secondCopy: mean(base.secondCopy) },
    heads: plan.each.length > 0 ? headsOf(plan, losses) : null,
    sets,
    ideal: idealOf(plan, losses),
    curve: plan.curve && curveOf(plan.curve, baseHeads, losses),
    minimal,
    words: [
      ...sets.filter(({ heads }) => heads.length > 1).map(setWords),
      ...(minimal ? minimalWords(minimal) : []),
    ],
    ...footerOf(backend, timings),
  };
}

/** What a job adds to the losses of each row, against the run with the base heads ablated. */
function rises(
  job: AblationJob,
  { baseHeads }: AblationPlan,
  losses: Losses,
  copy: keyof CopyLossesByExample = "secondCopy",
): Float64Array {
  const [after, before] = [losses.get(jobName(job))!, losses.get(jobName({ heads: baseHeads }))!];
  return after[copy].map((loss, example) => loss - before[copy][example]!);
}

function changeOf(job: AblationJob, plan: AblationPlan, losses: Losses) {
  const second = rises(job, plan, losses);
  return {
    firstCopy: mean(rises(job, plan, losses, "firstCopy")),
    secondCopy: mean(second),
    interval: meanInterval(second),
  };
}

function headsOf(plan: AblationPlan, losses: Losses): AblateResult["heads"] {
  const changes = plan.each.map((head) => ({
    ...head,
    ...changeOf({ heads: [...plan.baseHeads, head] }, plan, losses),
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
  const { baseHeads } = plan;
  const joint = changeOf({ heads: [...baseHeads, ...set] }, plan, losses);
  const each = set.map((head) => rises({ heads: [...baseHeads, head] }, plan, losses));
  const together = rises({ heads: [...baseHeads, ...set] }, plan, losses);
  const more = together.map((rise, row) => each.reduce((rest, alone) => rest - alone[row]!, rise));
  const alone = each.map(mean);
  const sumOfAlone = alone.reduce((sum, delta) => sum + delta, 0);
  const givenOthers = set.map((head) => {
    const others = set.filter((other) => headName(other) !== headName(head));
    const without = changeOf({ heads: [...baseHeads, ...others] }, plan, losses).secondCopy;
    return joint.secondCopy - without;
  });
  const synergy = joint.secondCopy - sumOfAlone;
  const synergyInterval = meanInterval(more);
  const heads = set.map(headName);
  return { heads, ...joint, alone, sumOfAlone, synergy, synergyInterval, givenOthers };
}

function idealOf(plan: AblationPlan, losses: Losses): AblateResult["ideal"] {
  return plan.ideal.map((ideal) => {
    const change = changeOf({ heads: plan.baseHeads, ideal }, plan, losses);
    const cost = changeOf({ heads: [...plan.baseHeads, ideal.head] }, plan, losses).secondCopy;
    const share = cost === 0 ? null : 1 - change.secondCopy / cost;
    return { head: headName(ideal.head), pattern: ideal.pattern, ...change, kept: share };
  });
}

function setWords({
  heads,
  secondCopy,
  sumOfAlone,
  synergy,
  synergyInterval,
}: AblateResult["sets"][number]): string {
  const nats = (value: number) => value.toFixed(2);
  const rises = `Without ${heads.join(", ")} together the loss of the second copy rises by ${nats(secondCopy)} nats`;
  const sum = `the sum of ${nats(sumOfAlone)} that they cost one by one`;
  if (!synergyInterval) {
    const compared = synergy > 0 ? "more than" : synergy < 0 ? "less than" : "exactly";
    return `${rises}, ${compared} ${sum} (${nats(synergy)}, without an interval).`;
  }
  const [low, high] = synergyInterval;
  const difference = `${nats(synergy)}, 95 % ${nats(low)} to ${nats(high)}`;
  if (low > 0) return `${rises}, more than ${sum} (${difference}): they stand in for each other.`;
  if (high < 0) return `${rises}, less than ${sum} (${difference}): they need each other.`;
  return `${rises}, not told apart from ${sum} (${difference}).`;
}

function minimalWords({ share, necessary, sufficient }: NonNullable<AblateResult["minimal"]>) {
  const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
  const checked = ({ check }: typeof necessary) =>
    `On ${check.what} ${percent(check.kept)} is kept: ${check.holds ? "it holds" : "it does NOT hold"} there.`;
  const headNames = ({ heads }: typeof necessary) =>
    heads.length > 24 ? `${heads.length} heads` : heads.join(", ") || "no head";
  return [
    necessary.reached
      ? `Without ${headNames(necessary)} the second copy keeps ${percent(necessary.kept)} of what repetition helps: a necessary set, found greedily, so that a smaller one may exist. ${checked(necessary)}`
      : `No set of the candidates takes ${percent(share)} of what repetition helps; without ${headNames(necessary)} it keeps ${percent(necessary.kept)}.`,
    `With every other head ablated, ${headNames(sufficient)} keep ${percent(sufficient.kept)}: a sufficient set, found greedily${sufficient.pruned ? "" : " and not pruned head by head"}. ${checked(sufficient)}`,
  ];
}
