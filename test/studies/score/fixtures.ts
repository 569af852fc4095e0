/** @file Score Results made from a seed, in the shapes that pictures must cope with. */
import { random } from "../../../src/base/random.ts";
import {
  SCORE_NAMES,
  type ScoreName,
  type ScoreResult,
} from "../../../src/studies/score/result.ts";

export const SHAPES = [
  [2, 4],
  [12, 12],
  [30, 9],
  [48, 64],
] as const;

type Matrix = number[][];

export interface FixtureOptions {
  readonly id?: string;
  /** The induction score of a head; by default most are near zero and some are high in the later layers. */
  readonly induction?: (layer: number, head: number) => number;
  readonly examples?: number;
  readonly losses?: boolean;
  readonly warnings?: readonly string[];
}

/** A Result as `score` would write it, with plausible numbers. */
export function scoreFixture(
  layers: number,
  heads: number,
  options: FixtureOptions = {},
): ScoreResult {
  const { examples = 100, losses = true } = options;
  const stream = random(layers * 1000 + heads);
  const matrix = (value: (layer: number, head: number) => number): Matrix =>
    Array.from({ length: layers }, (_, layer) =>
      Array.from({ length: heads }, (_, head) => value(layer, head)),
    );
  const likely = (layer: number) =>
    layer > 0 && stream.uniform() < 0.08
      ? 0.3 + 0.65 * stream.uniform()
      : stream.uniform() ** 4 / 4;
  const induction = matrix(options.induction ?? likely);
  const other = () => matrix(() => stream.uniform() ** 3 / 2);
  const around = (value: number): [number, number] | null =>
    examples < 10 ? null : [Math.max(0, value - 0.02), Math.min(1, value + 0.02)];
  const intervals = induction.map((row) => row.map(around));
  return {
    schema: "induction-lens/score@1",
    version: "0.1.0",
    model: {
      id: options.id ?? "gpt2",
      family: "gpt2",
      revision: "607a30d783dfa663caf39e06633721c8d4cfcd7e",
      sha256: "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707",
      layers,
      heads,
      kvHeads: heads,
      processing: "none",
    },
    input: {
      kind: "repeated random tokens",
      seed: 0,
      examples,
      period: 25,
      bos: true,
      bosToken: 50256,
      bosPolicy: "the model declares a BOS id",
      length: 51,
      tokensSha256: null,
    },
    warnings: [...(options.warnings ?? [])],
    scores: Object.fromEntries(
      SCORE_NAMES.map((name) => [name, name === "induction" ? induction : other()]),
    ) as ScoreResult["scores"],
    uniform: Object.fromEntries(SCORE_NAMES.map((name) => [name, 0.0264])) as Record<
      ScoreName,
      number
    >,
    intervals: { induction: intervals },
    precision: null,
    loss: losses
      ? {
          firstCopy: 11.2034,
          secondCopy: 0.4421,
          copyGain: 10.7613,
          intervals: { firstCopy: [11.1, 11.3], secondCopy: [0.4, 0.48], copyGain: [10.6, 10.9] },
          examples: 10,
        }
      : null,
    top: topOf(induction, intervals),
    verdictInWords: "Some heads attend like induction heads on this input; the best is clear.",
    environment: { device: "cpu", threads: 2, versions: { node: "20.20.2" }, prepacking: false },
    timings: { total: 1234.5 },
  };
}

function topOf(induction: Matrix, intervals: ([number, number] | null)[][]): ScoreResult["top"] {
  return induction
    .flatMap((row, layer) => row.map((score, head) => ({ layer, head, score })))
    .sort((a, other) => other.score - a.score)
    .slice(0, 5)
    .map((entry) => {
      const interval = intervals[entry.layer]![entry.head]!;
      return { ...entry, low: interval?.[0] ?? null, high: interval?.[1] ?? null };
    });
}
