/** @file From what was measured, row by row, to the Result of `behaviours`. */
import type { Backend } from "../../base/backend.ts";
import { headName } from "../../base/headName.ts";
import { someOf } from "../../base/someOf.ts";
import { oneNullWarnings, reachWarnings } from "../../inputs/windowReach.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import { meanInterval, scoreInterval, type Interval } from "../../measure/interval.ts";
import { mean } from "../../measure/mean.ts";
import { rankCorrelation } from "../../measure/rankCorrelation.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { BehavioursPlan } from "./plan.ts";
import type { BehaviourResult, BehavioursResult } from "./result.ts";
import type { MeasuredBehaviour } from "./probe.ts";
import type { MeasuredScenes } from "./runScenes.ts";
import { startOf, type RowSource } from "./scene.ts";

interface SceneRequest {
  readonly plan: BehavioursPlan;
  /** Why rows begin with BOS or do not. */
  readonly policy: string;
  readonly source: RowSource;
  readonly skipped: BehavioursResult["skipped"];
}

export function behavioursResultOf(
  model: LoadedModel,
  backend: Backend,
  { rows, behaviours }: MeasuredScenes,
  { plan, policy, source, skipped }: SceneRequest,
  timings: Record<string, number>,
): BehavioursResult {
  const scenes = rows.map(({ variants, ...row }) => ({ ...row, variants: [...variants] }));
  const length = Math.max(startOf(source.bos), ...scenes.map((scene) => scene.length));
  const tokens = drawnTokens(model.architecture);
  const input = {
    ...{ kind: "rows of several scenes", seed: plan.seed, examples: plan.examples, period: null },
    ...{ bos: source.bos !== null, bosToken: source.bos, bosPolicy: policy, length },
    tokensSha256: null,
    drawn: { tokens: tokens.ids.length, leftOut: { ...tokens.leftOut }, source: tokens.source },
  };
  const warnings = [
    ...tooFewWarning(plan.examples),
    ...reachWarnings(model.architecture, length),
    ...oneNullWarnings(model.architecture, length),
  ];
  const results = behaviours.map(behaviourResultOf);
  const copies = copiesOf(results);
  const overlap = overlapOf(results);
  return {
    ...beginResult("induction-lens/behaviours@1"),
    ...headerOf(model, input, warnings),
    scenes,
    least: LEAST,
    behaviours: results,
    copies,
    overlap,
    skipped,
    words: wordsOf(results, copies, overlap),
    ...footerOf(backend, timings),
  };
}

/** As for induction: a head that does it in one query of ten is worth a look. */
const LEAST = INDUCTION_ATTENTION.least;

function behaviourResultOf({
  words,
  scene,
  uniform,
  scores,
  controls,
}: MeasuredBehaviour): BehaviourResult {
  const { name, title, formula, source, kind } = words;
  const less = scores.map((layer, at) =>
    layer.map((values, head) =>
      values.map((value, row) => value - (controls?.[at]![head]![row] ?? 0)),
    ),
  );
  const intervalOf = kind === "share" ? scoreInterval : meanInterval;
  const measures = {
    scores: means(scores),
    intervals: intervals(scores, intervalOf),
    controls: controls && means(controls),
    excess: means(less),
    excessIntervals: intervals(less, meanInterval),
  };
  return {
    name,
    title,
    formula,
    source,
    kind,
    scene,
    uniform,
    ...measures,
    heads: headsOf(measures),
  };
}

type ByRow = readonly (readonly Float64Array[])[];

const means = (values: ByRow) => values.map((layer) => layer.map((head) => mean(head)));

function intervals(
  values: ByRow,
  of: (values: Float64Array) => Interval | null,
): (Interval | null)[][] {
  return values.map((layer) => layer.map((head) => of(head)));
}

function headsOf({
  scores,
  excess,
  excessIntervals,
}: Pick<BehaviourResult, "scores" | "excess" | "excessIntervals">): BehaviourResult["heads"] {
  return excess
    .flatMap((row, layer) =>
      row.map((value, head) => {
        const [low, high] = excessIntervals[layer]![head] ?? [null, null];
        return { layer, head, score: scores[layer]![head]!, excess: value, low, high };
      }),
    )
    .filter(({ excess: value, low }) => (low ?? value) >= LEAST)
    .sort((a, b) => b.excess - a.excess || a.layer - b.layer || a.head - b.head);
}

type Copies = NonNullable<BehavioursResult["copies"]>;

/** Heads whose excess over all three copies is substantial, and which of them they follow. */
function copiesOf(results: readonly BehaviourResult[]): Copies | null {
  const [firsts, middles, lasts] = ["firstCopy", "middleCopy", "lastCopy"].map((name) =>
    results.find((result) => result.name === name),
  );
  if (!firsts || !middles || !lasts) return null;
  return firsts.excess
    .flatMap((row, layer) =>
      row.map((first, head) => {
        const [middle, last] = [middles.excess[layer]![head]!, lasts.excess[layer]![head]!];
        return {
          layer,
          head,
          first,
          middle,
          last,
          follows: copiesFollowed({ first, middle, last }),
        };
      }),
    )
    .filter(({ first, middle, last }) => first + middle + last >= INDUCTION_ATTENTION.substantial)
    .sort((a, b) => b.first + b.middle + b.last - (a.first + a.middle + a.last));
}

function copiesFollowed(
  parts: Omit<Copies[number], "layer" | "head" | "follows">,
): Copies[number]["follows"] {
  const total = parts.first + parts.middle + parts.last;
  return (
    (["first", "middle", "last"] as const).find((name) => parts[name] > total / 2) ?? "several"
  );
}

/** Heads that retrieve and heads that follow repeats of random tokens: how far they are the same. */
function overlapOf(results: readonly BehaviourResult[]): BehavioursResult["overlap"] {
  const [retrieval, induction] = ["retrieval", "pairInduction"].map((name) =>
    results.find((result) => result.name === name),
  );
  if (!retrieval || !induction) return null;
  const names = new Set(induction.heads.map(headName));
  return {
    retrieval: retrieval.heads.length,
    induction: induction.heads.length,
    both: retrieval.heads
      .filter((head) => names.has(headName(head)))
      .map(({ layer, head }) => ({ layer, head })),
    rankCorrelation: rankCorrelation(retrieval.excess.flat(), induction.excess.flat()),
  };
}

function overlapWords(overlap: BehavioursResult["overlap"]): string[] {
  if (!overlap || overlap.retrieval === 0) return [];
  const { retrieval, both, induction, rankCorrelation: correlation } = overlap;
  const ranks = correlation === null ? "" : ` (rank correlation ${correlation.toFixed(2)})`;
  return [
    `${both.length} of ${retrieval} heads that retrieve are among the ${induction} that follow repeated random tokens${ranks}`,
  ];
}

const NAMED = 3;

/** One sentence for each behaviour that some head has, and one for those that none has. */
function wordsOf(
  results: readonly BehaviourResult[],
  copies: Copies | null,
  overlap: BehavioursResult["overlap"],
): string[] {
  const withHeads = results.filter(({ heads }) => heads.length > 0);
  const none = results.filter(({ heads }) => heads.length === 0);
  const followedBy = (copies ?? [])
    .slice(0, NAMED)
    .map((copy) => `${headName(copy)} ${copy.follows}`);
  return [
    ...withHeads.map(({ title, heads }) => {
      const headWords = heads.map((head) => `${headName(head)} ${head.excess.toFixed(2)}`);
      return `${title}: ${someOf(headWords, ", ", NAMED)}`;
    }),
    ...(none.length > 0 ? [`no head: ${none.map(({ title }) => title).join(", ")}`] : []),
    ...(followedBy.length > 0
      ? [`of several copies these heads follow: ${followedBy.join(", ")}`]
      : []),
    ...overlapWords(overlap),
  ];
}
