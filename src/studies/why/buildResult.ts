/** @file From a score taken apart and its effect to the Result of `why`. */
import { logSumExp } from "../../measure/softmax.ts";
import { kvHeadOf } from "../../models/kvHeadOf.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { WhyResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { footerOf, headerOf } from "../common/about.ts";
import { piecesOf, type Sequences } from "../../inputs/sequences.ts";
import type { WhyPlan } from "./plan.ts";
import type { CellEffect } from "./whyEffect.ts";
import type { ScoreCell, WhyLayer, WhyRun } from "./whyRun.ts";
import type { ScoreTakenApart } from "./whyScore.ts";

interface MeasuredWhy {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly plan: WhyPlan;
  readonly inputs: WhyLayer;
  readonly sequences: Sequences;
  readonly cell: ScoreCell;
  readonly run: WhyRun;
  readonly apart: ScoreTakenApart;
  readonly effect: CellEffect;
  readonly timings: Readonly<Record<string, number>>;
}

export function whyResultOf(measured: MeasuredWhy): WhyResult {
  const { model, backend, plan, inputs, sequences, cell, apart, run, timings } = measured;
  const sequence = sequences.sequences[0]!;
  const tokenOf: NameToken = (token) => ({
    token,
    piece: piecesOf(sequences.tokenizer, [token])[0]!,
  });
  return {
    ...beginResult("induction-lens/why@1"),
    ...headerOf(model, sequences.info, sequences.warnings),
    sequence,
    cell: cellOf(cell, run, model.architecture),
    frozen: frozenWords(inputs),
    parts: [...apart.parts],
    score: scoreOf(apart, run.uncapped[cell.key]!, inputs.layer.attention.scores.softcap),
    contrast: contrastOf(apart, cell, run),
    row: strongest(run.weights, run.visible, plan.topK).map((key) => ({
      ...tokenOf(sequence.tokens[key]!),
      key,
      score: run.scores[key]!,
      weight: run.weights[key]!,
    })),
    effect: effectOf(measured, tokenOf),
    ...footerOf(backend, { ...timings }),
  };
}

type NameToken = (token: number) => { readonly token: number; readonly piece: string };

function cellOf(
  cell: ScoreCell,
  { scores, weights, visible }: WhyRun,
  { heads, kvHeads }: LoadedModel["architecture"],
): WhyResult["cell"] {
  const weight = weights[cell.key]!;
  return {
    ...cell,
    kvHead: kvHeadOf({ heads, kvHeads }, cell.head),
    score: scores[cell.key]!,
    weight,
    rank: 1 + weights.filter((other) => other > weight).length,
    visibleKeys: visible.length,
  };
}

function frozenWords({ product: { normScales: scales, clamps } }: WhyLayer): string {
  const names = scales.map((name) => name.replace(/^blocks\.\d+\./, "").replace(".hook_scale", ""));
  const frozen = [
    ...(names.length > 0 ? [`the scales of ${names.join(", ")}`] : []),
    ...(clamps.length > 0 ? ["which entries of queries and keys are at their bounds"] : []),
  ];
  return frozen.length > 0
    ? `${frozen.join(" and ")} are those of the whole run, so that parts add up`
    : "nothing: the model has no norm before its queries and keys";
}

function scoreOf(
  { contributions }: ScoreTakenApart,
  uncapped: number,
  softcap: number | null,
): WhyResult["score"] {
  const byQuery = contributions.map(total);
  const byKey = contributions.map((_, key) => total(contributions.map((row) => row[key]!)));
  return {
    contributions: contributions.map((row) => row.map(short)),
    byQuery,
    byKey,
    uncapped,
    softcap,
    largestError: Math.abs(total(byQuery) - uncapped),
  };
}

function contrastOf(
  { byKeyAt }: ScoreTakenApart,
  { key }: ScoreCell,
  { visible }: WhyRun,
): WhyResult["contrast"] {
  const place = visible.indexOf(key);
  const byKey = byKeyAt.map((atKeys) => atKeys[place]! - total(atKeys) / atKeys.length);
  return { logRatio: total(byKey), byKey };
}

function effectOf(
  { effect, run, cell, sequences, plan }: MeasuredWhy,
  tokenOf: NameToken,
): WhyResult["effect"] {
  const { target: targetOption, topK } = plan;
  const logits = lastRow(run.saved.get("logits")!);
  const next = sequences.sequences[0]!.tokens[cell.query + 1];
  const likely = logits.indexOf(Math.max(...logits));
  const target = targetOption ?? next ?? likely;
  const tokensOf = (sign: 1 | -1) =>
    strongest(
      effect.cell.map((logit) => sign * logit),
      [...effect.cell.keys()],
      topK,
    ).map((token) => ({ ...tokenOf(token), logit: effect.cell[token]! }));
  return {
    target: {
      ...tokenOf(target),
      why:
        targetOption !== null
          ? "asked for"
          : next === undefined
            ? "most likely token"
            : "next token",
      logit: logits[target]!,
      probability: Math.exp(logits[target]! - logSumExp(logits)),
    },
    cell: effect.cell[target]!,
    head: effect.head[target]!,
    raised: tokensOf(1),
    lowered: tokensOf(-1),
  };
}

function lastRow({ data, shape }: Tensor): Float32Array {
  return data.slice(data.length - shape.at(-1)!);
}

/** The `count` of `places` with the largest values, largest first. */
function strongest(values: ArrayLike<number>, places: readonly number[], count: number): number[] {
  return places.toSorted((a, b) => values[b]! - values[a]!).slice(0, count);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Seven digits: as many as a float32 has, a third of the bytes. */
function short(value: number): number {
  return Number(value.toPrecision(7));
}
