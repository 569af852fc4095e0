/** @file From scores per sequence to the Result of `score-patterns`. */
import { headName } from "../../base/headName.ts";
import { FEWEST_FOR_INTERVAL, scoreInterval } from "../../measure/interval.ts";
import { FIXED_THRESHOLD, thresholdByGap } from "../../measure/thresholds.ts";
import { mean } from "../../measure/mean.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { PatternsResult } from "./result.ts";
import type { AttentionLayers } from "./attentionLayers.ts";
import { primaryMeasure } from "../detector/patternMeasures.ts";
import type { PatternTokens, PatternsPlan } from "./plan.ts";

export interface SequenceScores {
  /** [layer * heads + head]. */
  readonly scores: Float64Array;
  readonly null: number;
  readonly ceiling: number;
}

/** One convention on every sequence on which it is defined. */
export interface MeasuredConvention {
  readonly convention: string;
  readonly formula: string;
  readonly source: string;
  readonly finds: string;
  readonly sequences: readonly SequenceScores[];
  /** Why a sequence was left out; empty if none was. */
  readonly why: string;
}

interface Facts {
  readonly attention: AttentionLayers;
  readonly own: PatternTokens;
  readonly plan: PatternsPlan;
  readonly measured: readonly MeasuredConvention[];
  readonly tokensSha256: string;
  readonly warnings: readonly string[];
}

export function patternsResultOf(facts: Facts): PatternsResult {
  const { attention, own, plan, measured } = facts;
  const [examples, heads, queries, keys] = attention.shape;
  const primary = primaryMeasure(plan.mask, own.period !== undefined);
  const main = measured.find(({ convention }) => convention === primary)!;
  const top = topHeads(main, attention, plan.topHeads);
  const scores = meansOf(main, attention).flat();
  const { name, sha256, mask } = plan;
  return {
    ...beginResult("induction-lens/score-patterns@1"),
    attention: {
      name,
      sha256,
      mask,
      examples,
      layers: [...attention.layers],
      heads,
      queries,
      keys,
    },
    input: {
      tokensSha256: facts.tokensSha256,
      period: own.period ?? null,
      bos: own.bos ?? null,
      repeating: main.sequences.length,
    },
    warnings: [...facts.warnings, ...warningsOf(main, examples)],
    primary,
    conventions: measured
      .filter(({ sequences }) => sequences.length > 0)
      .map((convention) => conventionOf(convention, attention)),
    notMeasured: measured
      .filter(({ sequences }) => sequences.length === 0)
      .map(({ convention, why }) => ({ convention, why })),
    intervals: intervalsOf(main, attention),
    top,
    thresholds: {
      fixed: FIXED_THRESHOLD,
      gap: thresholdByGap(scores.filter((score) => score !== null))?.threshold ?? null,
    },
    verdictInWords: wordsOf(main, top, examples),
  };
}

function conventionOf(measured: MeasuredConvention, attention: AttentionLayers) {
  const { convention, formula, source, finds, sequences } = measured;
  return {
    ...{ convention, formula, source, finds },
    ceiling: mean(sequences.map(({ ceiling }) => ceiling)),
    null: mean(sequences.map((sequence) => sequence.null)),
    examples: sequences.length,
    values: meansOf(measured, attention),
  };
}

/** Scores of one head, one for each sequence. */
function scoresOf({ sequences }: MeasuredConvention, place: number): number[] {
  return sequences.map(({ scores }) => scores[place]!);
}

function byHead<Value>(
  { layers, shape }: AttentionLayers,
  valueOf: (place: number) => Value,
): Value[][] {
  const heads = shape[1];
  return layers.map((_, layer) =>
    Array.from({ length: heads }, (__, head) => valueOf(layer * heads + head)),
  );
}

function meansOf(measured: MeasuredConvention, attention: AttentionLayers): (number | null)[][] {
  return byHead(attention, (place) => {
    const scores = scoresOf(measured, place);
    return scores.length === 0
      ? null
      : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  });
}

/** Rows may sum to a thousandth more than 1, which an interval of a share may not. */
function intervalsOf(measured: MeasuredConvention, attention: AttentionLayers) {
  return byHead(attention, (place): [number, number] | null => {
    const scores = scoresOf(measured, place).map((score) => Math.min(1, Math.max(0, score)));
    return scoreInterval(scores);
  });
}

function topHeads(
  measured: MeasuredConvention,
  attention: AttentionLayers,
  count: number,
): PatternsResult["top"] {
  const intervals = intervalsOf(measured, attention);
  return meansOf(measured, attention)
    .flatMap((heads, index) => heads.map((score, head) => ({ index, head, score })))
    .filter((entry): entry is typeof entry & { score: number } => entry.score !== null)
    .sort(
      (entry, other) =>
        other.score - entry.score || entry.index - other.index || entry.head - other.head,
    )
    .slice(0, count)
    .map(({ index, head, score }) => {
      const [low, high] = intervals[index]![head] ?? [null, null];
      return { layer: attention.layers[index]!, head, score, low, high };
    });
}

function warningsOf({ sequences, why }: MeasuredConvention, examples: number): string[] {
  const count = sequences.length;
  if (count === 0)
    return [`nothing is said about induction, since no sequence has a key for it: ${why}`];
  return [
    ...(count < examples
      ? [
          `${examples - count} of ${examples} sequences have no key for induction and are left out: ${why}`,
        ]
      : []),
    ...(count < FEWEST_FOR_INTERVAL
      ? [`an interval needs ${FEWEST_FOR_INTERVAL} sequences, got ${count}`]
      : []),
  ];
}

function wordsOf(
  { convention, sequences }: MeasuredConvention,
  [best]: PatternsResult["top"],
  examples: number,
): string {
  if (!best) return `No sequence of ${examples} has a key that induction would attend to.`;
  const floor = sequences.reduce((sum, sequence) => sum + sequence.null, 0) / sequences.length;
  const name = headName(best);
  return `Head ${name} has the most ${convention}: ${best.score.toFixed(3)} (uniform attention ${floor.toFixed(3)}). Attention alone does not show that it copies or matters.`;
}
