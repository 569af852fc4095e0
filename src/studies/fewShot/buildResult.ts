/** @file From answers to the Result of `few-shot`. */
import type { Backend } from "../../base/backend.ts";
import { headName } from "../../base/headName.ts";
import { someOf } from "../../base/someOf.ts";
import { reachWarnings } from "../../inputs/windowReach.ts";
import type { AskedRow, LastAnswer } from "../../interventions/lastTokenRuns.ts";
import { meanInterval } from "../../measure/interval.ts";
import { mean } from "../../measure/mean.ts";
import { rankCorrelation } from "../../measure/rankCorrelation.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { HeadCurve } from "./curves.ts";
import type { FunctionVectors } from "./functionVectors.ts";
import type { FewShotPlan } from "./plan.ts";
import type { FewShotTasks } from "./prompts.ts";
import type { FewShotCurve, FewShotPoint, FewShotResult } from "./result.ts";

interface Measurements {
  readonly found: FewShotTasks;
  /** By task. */
  readonly rows: readonly (readonly AskedRow[])[];
  readonly vectors: FunctionVectors;
  readonly induction: FewShotResult["induction"];
  readonly curves: readonly HeadCurve[];
  /** By row of all tasks, then by set of heads (`ablatedSets`). */
  readonly answers: readonly (readonly LastAnswer[])[];
}

interface About {
  readonly plan: FewShotPlan;
  /** Why rows begin with BOS or do not. */
  readonly policy: string;
  readonly bosToken: number | null;
  readonly tokenizer: Tokenizer;
}

export function fewShotResultOf(
  model: LoadedModel,
  backend: Backend,
  measured: Measurements,
  { plan, policy, bosToken, tokenizer }: About,
  timings: Record<string, number>,
): FewShotResult {
  const { found, rows, vectors, induction, answers } = measured;
  const { length } = found;
  const input = {
    ...{ kind: "few-shot prompts", seed: plan.seed, examples: rows.flat().length, period: null },
    ...{ bos: bosToken !== null, bosToken, bosPolicy: policy, length, tokensSha256: null },
  };
  const warnings = [
    ...tooFewWarning(vectors.before.length),
    ...reachWarnings(model.architecture, length),
  ];
  const scores = vectors.gains.map((layer) => layer.map((gains) => mean(gains)));
  const first = rows[0]![0]!.tokens;
  const result = {
    shots: plan.shots,
    prompt: tokenizer.decode(bosToken === null ? first : first.slice(1)),
    tasks: tasksOf(measured),
    skipped: [...found.skipped],
    clean: answersAt(answers, 0),
    functionVector: {
      scores,
      intervals: vectors.gains.map((layer) => layer.map((gains) => meanInterval(gains))),
      prompts: vectors.before.length,
    },
    induction,
    rankCorrelation: rankCorrelation(scores.flat(), induction.scores.flat()),
    exclude: plan.exclude,
    randomSets: plan.randomSets,
    curves: curvesOf(measured),
  };
  return {
    ...beginResult("induction-lens/few-shot@1"),
    ...headerOf(model, input, warnings),
    ...result,
    words: wordsOf(result),
    ...footerOf(backend, timings),
  };
}

/** Of all rows, without one set of heads. */
function answersAt(answers: readonly (readonly LastAnswer[])[], set: number) {
  const each = answers.map((row) => row[set]!);
  return {
    accuracy: mean(each.map(({ isFirst }) => Number(isFirst))),
    probability: mean(each.map(({ probability }) => probability)),
  };
}

function tasksOf({ found, rows, vectors, answers }: Measurements): FewShotResult["tasks"] {
  const scored = vectors.before.length / rows.length;
  let from = 0;
  return found.tasks.map(({ name, title, pairs }, task) => {
    const own = answers.slice(from, (from += rows[task]!.length));
    const before = vectors.before.slice(task * scored, (task + 1) * scored);
    return {
      ...{ name, title, pairs: pairs.scored.length + pairs.tested.length },
      clean: answersAt(own, 0),
      shuffled: { probability: mean(before) },
    };
  });
}

function curvesOf({ curves, answers }: Measurements): FewShotCurve[] {
  let next = 1;
  return curves.map(({ kind, excluded, points }) => ({
    kind,
    excluded: excluded.map(headName),
    points: points.map(({ percent, heads, random }): FewShotPoint => {
      const set = next;
      next += 1 + random.length;
      const lost = lostBy(answers, set);
      const byChance = random.map((_, at) => mean(lostBy(answers, set + 1 + at)));
      return {
        ...{ percent, heads: heads.map(headName) },
        ...answersAt(answers, set),
        ...{ lost: mean(lost), interval: meanInterval(lost) },
        random:
          byChance.length === 0
            ? null
            : {
                sets: byChance.length,
                mean: mean(byChance),
                low: Math.min(...byChance),
                high: Math.max(...byChance),
              },
      };
    }),
  }));
}

/** By row: 1 where the answer is no longer first, -1 where it is only now. */
function lostBy(answers: readonly (readonly LastAnswer[])[], set: number): number[] {
  return answers.map((row) => Number(row[0]!.isFirst) - Number(row[set]!.isFirst));
}

const KIND_TITLES = { functionVector: "function-vector", induction: "induction" } as const;
const NAMED = 5;

type Summary = Pick<FewShotResult, "clean" | "curves" | "functionVector" | "rankCorrelation">;

function wordsOf({
  clean,
  curves,
  functionVector,
  rankCorrelation: correlation,
}: Summary): string[] {
  const best = functionVector.scores
    .flatMap((row, layer) => row.map((value, head) => ({ layer, head, value })))
    .filter(({ layer, head }) => (functionVector.intervals[layer]![head]?.[0] ?? 0) > 0)
    .sort((a, b) => b.value - a.value);
  const surely = best.map((head) => `${headName(head)} ${head.value.toFixed(3)}`);
  const likeness =
    correlation === null
      ? ""
      : `; rank correlation with induction scores ${correlation.toFixed(2)}`;
  return [
    best.length === 0
      ? `no head's mean output surely brings the answer back${likeness}`
      : `mean outputs that surely bring the answer back: ${someOf(surely, ", ", NAMED)}${likeness}`,
    `with all heads ${percentOf(clean.accuracy)} of answers are right`,
    ...curves.map(curveWords),
  ];
}

function curveWords({ kind, excluded, points }: FewShotCurve): string {
  const { percent, lost, random, heads } = points.at(-1)!;
  const without = excluded.length === 0 ? "" : `, without ${someOf(excluded, ", ", NAMED)}`;
  const compared =
    random === null
      ? "their layers have too few other heads for a null"
      : `${lost > random.high ? "more than" : "not more than"} each of ${random.sets} random sets of the same layers (${percentOf(random.low)} to ${percentOf(random.high)})`;
  return `without the best ${percent} % of heads by ${KIND_TITLES[kind]} (${heads.length}${without}) ${percentOf(lost)} of answers are lost: ${compared}`;
}

const percentOf = (share: number) => `${(100 * share).toFixed(0)} %`;
