/** @file From the numbers of every row to what a Result says of one model. */
import type { HeadAt } from "../../base/headName.ts";
import { uniformOnRows } from "../../inputs/uniformOnRows.ts";
import { substantialHeads } from "../../measure/attendsLikeInduction.ts";
import { forEachScore } from "../../measure/attentionTables.ts";
import { headDepth } from "../../measure/headDepth.ts";
import { meanInterval, scoreInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import { tooFewWarning } from "../common/about.ts";
import type { VerdictResult } from "../verdict/result.ts";
import type { MeasuredModel } from "./measureModel.ts";
import type { ComparedModel } from "./result.ts";

export function comparedModelOf(measured: MeasuredModel): ComparedModel {
  const { about, parameters, rows, effects, losses, verdict } = measured;
  const scores = scoresOf(measured);
  const nulls = uniformOnRows(measured.architecture, { ...rows, length: rows.info.length });
  const intervals = measured.scores.map((layer) =>
    layer.map(({ induction }) => scoreInterval(induction)),
  );
  const none = typeof effects === "string";
  const heads = verdict ? labelledHeads(verdict) : substantialHeads(scores.induction, nulls);
  return {
    ...about,
    parameters,
    input: rows.info,
    warnings: [
      ...rows.warnings,
      ...tooFewWarning(rows.info.examples),
      ...(verdict?.warnings ?? []),
    ],
    scores,
    intervals: { induction: intervals },
    ...nulls,
    effects: none ? null : effects.map((layer) => layer.map((values) => moments(values).mean)),
    noEffects: none ? effects : null,
    loss: losses && {
      firstCopy: estimateOf(losses.firstCopy),
      secondCopy: estimateOf(losses.secondCopy),
      copyGain: estimateOf(losses.copyGain),
    },
    best: bestOf(scores.induction, intervals),
    inductionHeads: {
      count: heads.length,
      by: verdict ? "label" : "attention",
      heads,
      depth: depthsOf(heads, about.layers),
    },
    verdict: verdict && verdictOf(verdict, about.layers),
  };
}

function scoresOf({ scores }: MeasuredModel): ComparedModel["scores"] {
  return forEachScore((name) =>
    scores.map((layer) => layer.map((head) => moments(head[name]).mean)),
  );
}

function bestOf(
  induction: readonly (readonly number[])[],
  intervals: ComparedModel["intervals"]["induction"],
): ComparedModel["best"] {
  const all = induction.flatMap((row, layer) => row.map((score, head) => ({ layer, head, score })));
  const best = all.reduce((most, head) => (head.score > most.score ? head : most));
  const [low, high] = intervals[best.layer]![best.head] ?? [null, null];
  return { ...best, depth: headDepth(best.layer, induction.length), low, high };
}

function labelledHeads({ heads }: VerdictResult): HeadAt[] {
  return heads
    .filter(({ label }) => label === "induction")
    .map(({ layer, head }) => ({ layer, head }));
}

function depthsOf(heads: readonly HeadAt[], layers: number) {
  const depths = heads.map(({ layer }) => headDepth(layer, layers));
  return depths.length === 0 ? null : { least: Math.min(...depths), most: Math.max(...depths) };
}

function verdictOf(
  { heads, counts, circuit }: VerdictResult,
  layers: number,
): NonNullable<ComparedModel["verdict"]> {
  const byLayer = <Value>(of: (head: VerdictResult["heads"][number]) => Value) =>
    Array.from({ length: layers }, (_, layer) =>
      heads.filter((head) => head.layer === layer).map(of),
    );
  return {
    labels: byLayer(({ label }) => label),
    flags: byLayer(({ flags }) => [...flags]),
    counts,
    edges: circuit.edges.map(({ from, to, route }) => ({ from, to, route })),
  };
}

function estimateOf(values: Float64Array) {
  const [low, high] = meanInterval(values) ?? [null, null];
  return { value: moments(values).mean, low, high };
}
