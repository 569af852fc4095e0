/** @file From the numbers of every row to what a Result says of one model. */
import type { HeadAt } from "../../base/headName.ts";
import { isSubstantialInduction } from "../../measure/attendsLikeInduction.ts";
import { attentionTables, ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import { headDepth } from "../../measure/headDepth.ts";
import { meanInterval, scoreInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import { uniformScores } from "../../measure/uniformScores.ts";
import { tooFewWarning } from "../common/about.ts";
import type { VerdictResult } from "../verdict/result.ts";
import type { MeasuredModel } from "./measureModel.ts";
import type { ComparedModel } from "./result.ts";

export function comparedModelOf(measured: MeasuredModel): ComparedModel {
  const { about, parameters, rows, effects, losses, verdict } = measured;
  const { scores, uniform } = attentionOf(measured);
  const intervals = measured.scores.map((layer) =>
    layer.map(({ induction }) => scoreInterval(induction)),
  );
  const none = typeof effects === "string";
  const heads = verdict
    ? labelledHeads(verdict)
    : attendingHeads(scores.induction, uniform.induction!);
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
    uniform,
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

function attentionOf({ scores, rows }: MeasuredModel): Pick<ComparedModel, "scores" | "uniform"> {
  const { start, period, info } = rows;
  const null_ = uniformScores(attentionTables({ start, period, length: info.length })).data;
  return {
    scores: Object.fromEntries(
      ATTENTION_SCORES.map((name) => [
        name,
        scores.map((layer) => layer.map((head) => moments(head[name]).mean)),
      ]),
    ) as ComparedModel["scores"],
    uniform: Object.fromEntries(
      ATTENTION_SCORES.map((name, index) => [name, null_[index]!]),
    ) as ComparedModel["uniform"],
  };
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

/** Heads whose score alone is that of an induction head. */
function attendingHeads(induction: readonly (readonly number[])[], uniform: number): HeadAt[] {
  return induction.flatMap((row, layer) =>
    row.flatMap((score, head) => (isSubstantialInduction(score, uniform) ? [{ layer, head }] : [])),
  );
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
