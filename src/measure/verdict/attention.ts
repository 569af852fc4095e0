/** @file What a head looks at: its attention on repeats at several periods, less what it does without the repetition. */
import { mean } from "../mean.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { attentionTables, forEachScore, type AttentionScore } from "../attentionTables.ts";
import { falseDiscovery } from "../falseDiscovery.ts";
import { signFlipTest } from "../signFlipTest.ts";
import { uniformScores, type Sight } from "../uniformScores.ts";
import {
  meanOfEstimates,
  meanEstimate,
  scoreEstimate,
  summedEstimate,
  weakest,
  type Estimate,
} from "./estimate.ts";
import { GAIN_MARGIN, LEAST_SCAN_STRENGTH, SCAN_GAIN_MARGIN } from "./thresholds.ts";

/** Scores on one kind of rows, [head][sequence], heads counted through all layers; the entries of attentionTables. */
export type ScoresByHead = Readonly<Record<AttentionScore, readonly number[][]>>;

/** Attention at one period. */
export interface PeriodAttention {
  readonly start: number;
  readonly period: number;
  readonly repeated: ScoresByHead;
  readonly disjoint: ScoresByHead;
  readonly reshuffled: ScoresByHead;
  /** On control D by distance, of the longest period only (else empty): sums over sequences of the mean attention that many tokens back, and of its square. */
  readonly scan: readonly {
    readonly sums: readonly number[];
    readonly squares: readonly number[];
  }[];
}

/** Induction or duplicate-token attention at one period. */
export interface GainAt extends Estimate {
  readonly period: number;
  readonly score: number;
  readonly disjoint: number;
  readonly reshuffled: number;
}

/**
 * What one head looks at. Strengths from 0 to 1: of the two stripes that move with the period that of the period where its lower bound is
 * least, of what does not the mean over periods, whose rows are others.
 */
export interface AttentionEvidence {
  /** score - max(D, R) of the induction stripe at each period. */
  readonly gains: readonly GainAt[];
  readonly induction: Estimate;
  /** From which lower bound on it is there; left out: .1, of units of scans .02. */
  readonly least?: number | undefined;
  /** Sign-flip test of gain <= .05 (of units of scans .01), the largest over periods, adjusted over all heads; null with too few sequences. */
  readonly p: number | null;
  /** Gain of the duplicate-token stripe. */
  readonly duplicateToken: Estimate;
  /** Score less that of uniform attention to what the head's layer lets it see. */
  readonly previousToken: Estimate;
  readonly currentToken: Estimate;
  readonly firstToken: Estimate;
  /** The distance of 2 or more that the head attends at most where nothing repeats: on D of the longest period. */
  readonly fixedDistance: (Estimate & { readonly distance: number }) | null;
}

/** What uniform attention with one sight scores at one period. */
interface Nulls {
  readonly scores: Readonly<Record<AttentionScore, number>>;
  /** By distance; empty where the period has no scan. */
  readonly scan: readonly number[];
}

/** How many distances a scan looks at: those that at least half of the second block's queries have. */
export function distancesSeen({ start, period }: { start: number; period: number }): number {
  return start + 2 * period - Math.ceil(period / 2) + 1;
}

/**
 * The attention evidence of every head.
 *
 * @param periods one entry per period, the same heads and sequences in each
 * @param isScan whether a head, counted through all layers, is a unit of a scan; left out: none is
 * @param sightOf what a head sees, one function for all heads that see alike; left out: all up to itself
 */
export function attentionEvidence(
  periods: readonly PeriodAttention[],
  {
    seed,
    isScan = () => false,
    sightOf = () => null,
  }: {
    readonly seed: number;
    readonly isScan?: ((head: number) => boolean) | undefined;
    readonly sightOf?: ((head: number) => Sight) | undefined;
  },
): AttentionEvidence[] {
  const heads = periods[0]!.repeated.induction.length;
  const byPeriod = periods.map((period) => ({
    period,
    nullsOf: nullsBySight(period),
    tested: testedGains(gainTable(period, heads), { seed, isScan }),
  }));
  const raw = Array.from({ length: heads }, (_, head) => {
    const all = byPeriod.map(({ tested }) => tested[head]!);
    return all.some((p) => p === null) ? null : Math.max(...(all as number[]));
  });
  const adjusted = falseDiscovery(raw);
  return Array.from({ length: heads }, (_, head) => {
    const gains = periods.map((period) => gainAt(period, "induction", head));
    const excess = (name: "previousToken" | "currentToken" | "firstToken") =>
      meanOfEstimates(
        byPeriod.map(({ period, nullsOf }) =>
          less(scoreEstimate(period.repeated[name][head]!), nullsOf(sightOf(head)).scores[name]),
        ),
      );
    return {
      gains,
      induction: plain(weakest(gains)),
      ...(isScan(head) && { least: LEAST_SCAN_STRENGTH }),
      p: adjusted[head]!,
      duplicateToken: plain(
        weakest(periods.map((period) => gainAt(period, "duplicateToken", head))),
      ),
      previousToken: excess("previousToken"),
      currentToken: excess("currentToken"),
      firstToken: excess("firstToken"),
      fixedDistance: fixedDistanceOf(periods[0]!, byPeriod[0]!.nullsOf(sightOf(head)), head),
    };
  });
}

/** Each head by the margin of its kind; both tests draw the same signs. */
function testedGains(
  table: Tensor<Float64Array>,
  { seed, isScan }: { readonly seed: number; readonly isScan: (head: number) => boolean },
): (number | null)[] {
  const ofAttention = signFlipTest(table, { margin: GAIN_MARGIN, seed });
  const scans = ofAttention.map((_, head) => isScan(head));
  if (!scans.includes(true)) return ofAttention;
  const ofScans = signFlipTest(table, { margin: SCAN_GAIN_MARGIN, seed });
  return ofAttention.map((p, head) => (scans[head] ? ofScans[head]! : p));
}

const plain = ({ value, low, high }: Estimate): Estimate => ({ value, low, high });

function less({ value, low, high }: Estimate, by: number): Estimate {
  return {
    value: value - by,
    low: low === null ? null : low - by,
    high: high === null ? null : high - by,
  };
}

/** Layers that see alike have one null, which is computed once. */
function nullsBySight(period: PeriodAttention): (sight: Sight) => Nulls {
  const known = new Map<Sight, Nulls>();
  return (sight) => {
    const nulls = known.get(sight) ?? nullsOf(period, sight);
    known.set(sight, nulls);
    return nulls;
  };
}

function nullsOf({ start, period, scan }: PeriodAttention, sight: Sight): Nulls {
  const length = start + 2 * period;
  const { data } = uniformScores(attentionTables({ start, period, length }), sight);
  const sees = sight ?? ((query: number, key: number) => key <= query);
  const visible = Array.from({ length }, (_, query) =>
    Array.from({ length: query + 1 }, (__, key) => Number(sees(query, key))),
  );
  const counts = visible.map((row) => row.reduce((sum, one) => sum + one, 0));
  return {
    scores: forEachScore((_, measure) => data[measure]!),
    scan: Array.from({ length: scan[0]?.sums.length ?? 0 }, (_, distance) => {
      const first = Math.max(start + period, distance);
      const queries = Array.from({ length: length - first }, (__, index) => first + index);
      return mean(queries.map((query) => visible[query]![query - distance]! / counts[query]!));
    }),
  };
}

/** Gains per sequence of one head, against the control that is larger in the mean. */
function gainsOf(
  { repeated, disjoint, reshuffled }: PeriodAttention,
  score: "induction" | "duplicateToken",
  head: number,
): { readonly gains: number[]; readonly means: readonly [number, number, number] } {
  const [r, d, s] = [repeated, disjoint, reshuffled].map((scores) => scores[score][head]!) as [
    number[],
    number[],
    number[],
  ];
  const means = [mean(r), mean(d), mean(s)] as const;
  const control = means[1] >= means[2] ? d : s;
  return { gains: r.map((value, sequence) => value - control[sequence]!), means };
}

function gainAt(
  period: PeriodAttention,
  score: "induction" | "duplicateToken",
  head: number,
): GainAt {
  const { gains, means } = gainsOf(period, score, head);
  const [all, disjoint, reshuffled] = means;
  return { period: period.period, score: all, disjoint, reshuffled, ...meanEstimate(gains) };
}

function gainTable(period: PeriodAttention, heads: number) {
  const rows = Array.from({ length: heads }, (_, head) => gainsOf(period, "induction", head).gains);
  return tensor(["head", "sequence"], [heads, rows[0]!.length], Float64Array.from(rows.flat()));
}

/**
 * The distance with the strongest stripe on control D. Nothing repeats there, so that a stripe at any distance is one of
 * position, and the rows of the longest period show the most distances.
 */
function fixedDistanceOf(
  period: PeriodAttention,
  { scan }: Nulls,
  head: number,
): AttentionEvidence["fixedDistance"] {
  const { sums, squares } = period.scan[head]!;
  const count = period.disjoint.induction[head]!.length;
  let best: AttentionEvidence["fixedDistance"] = null;
  for (let distance = 2; distance < sums.length; distance++) {
    const strength = summedEstimate(sums[distance]!, squares[distance]!, count);
    const estimate = less(strength, scan[distance]!);
    if (!best || estimate.value > best.value) best = { distance, ...estimate };
  }
  return best;
}
