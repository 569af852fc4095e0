/** @file The rows of a verdict: repeats at several periods with their controls, and pairs for causal runs. */
import { InputError } from "../../base/errors.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { Architecture } from "../../models/family.ts";
import type { InputInfo } from "../../results/common.ts";
import { corruptedRows, disjointRows, reshuffledRows } from "../../inputs/controlRows.ts";
import { fittedPeriod } from "../../inputs/fittedPeriod.ts";
import { OTHER_SEEDS } from "../../inputs/otherSeeds.ts";
import { secondCopyQueries } from "../../inputs/secondCopyQueries.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import {
  DEFAULTS,
  generatedRows,
  ownRows,
  type GeneratedInput,
  type OwnTokens,
  type RepeatedRows,
} from "../../inputs/scoreInput.ts";
import { verifyTokens } from "../../text/patterns/verifyTokens.ts";
import { LEAST_PERIOD, periodsFrom } from "../../measure/verdict/periods.ts";

type Rows = Tensor<Int32Array>;

/** Rows of one period, all of the same length: column 0 is BOS if `start` is 1. */
export interface PeriodRows {
  readonly start: number;
  readonly period: number;
  /** `[BOS] r r`. */
  readonly repeated: Rows;
  /** Control D, `[BOS] r s`. */
  readonly disjoint: Rows;
  /** Control R, `[BOS] r shuffled(r)`. */
  readonly reshuffled: Rows;
}

/** Rows that causal runs change: clean is `[BOS] r r`, corrupted `[BOS] s r`. */
export interface CausalRows {
  readonly start: number;
  readonly period: number;
  readonly clean: Rows;
  readonly corrupted: Rows;
  /** Rows whose means and outputs stand in for ablated heads; none of them measured. */
  readonly reference: Rows;
  /** Positions that predict tokens 2 ... S of the second copy. */
  readonly positions: readonly number[];
}

/** Repeats at the longest period, and rows whose means stand in for removed heads. */
export interface WorthRows extends Pick<RepeatedRows, "tokens" | "start" | "period"> {
  readonly reference: Rows;
}

export interface VerdictRows {
  readonly attention: readonly PeriodRows[];
  /** The longest period. */
  readonly causal: CausalRows;
  /** A few pairs more, on which upstream heads are looked for before they are measured. */
  readonly screening: CausalRows;
  /** Rows on which sets of heads are removed. */
  readonly worth: WorthRows;
  readonly info: InputInfo;
  readonly warnings: readonly string[];
}

export interface VerdictTokens extends OwnTokens {
  /** What causal runs have in place of each row; as many, of the same length. Left out: rows whose first copy is another block. */
  readonly corrupted?: readonly (readonly number[])[] | undefined;
  /** Rows of the same length whose means and outputs stand in for heads; left out: the rows themselves. */
  readonly reference?: readonly (readonly number[])[] | undefined;
}

export interface VerdictInput extends GeneratedInput {
  /** Measure these rows in place of generated ones. */
  readonly rows?: VerdictTokens | undefined;
}

export interface RowCounts {
  readonly attention: number;
  readonly causal: number;
  readonly screening: number;
  readonly reference: number;
  /** Of rows on which sets of heads are removed. */
  readonly worth: number;
}

/**
 * Everything that is run, by default from seed 0.
 *
 * @throws {InputError} "range" for a period under 4 or sizes that do not fit, "tokens" and "bos" as `generatedRows`, "pair" and
 *   "reference" for own rows of other lengths
 */
export async function verdictRows(
  architecture: Architecture,
  options: VerdictInput,
  counts: RowCounts,
): Promise<VerdictRows> {
  const { rows: own, ...input } = options;
  if (own) return ownVerdictRows(architecture, own, options.seed ?? 0);
  const ordinary = drawnTokens(architecture).ids;
  const { period, warnings } = longestPeriod(architecture, input);
  const rowsOf = (length: number, seed: number, numExamples: number) =>
    generatedRows(architecture, { ...input, seqLen: 2 * length, seed, numExamples });
  const seed = input.seed ?? DEFAULTS.seed;
  const attention = periodsFrom(period).map((length, index) => {
    const own = seed + index * OTHER_SEEDS.period;
    return withControls(rowsOf(length, own, counts.attention), ordinary, own);
  });
  const { info } = rowsOf(period, seed, counts.attention);
  const reference = rowsOf(period, seed + OTHER_SEEDS.reference, counts.reference).tokens;
  const causal = (at: number, examples: number) =>
    causalRows(rowsOf(period, at, examples), ordinary, at, reference);
  return {
    attention,
    causal: causal(seed, counts.causal),
    screening: causal(seed + OTHER_SEEDS.screening, counts.screening),
    worth: { ...rowsOf(period, seed, counts.worth), reference },
    info,
    warnings: [...warnings, ...fewPeriods(attention.length, period)],
  };
}

/** The control D needs two blocks without a common token. */
function longestPeriod(architecture: Architecture, input: GeneratedInput) {
  checkPeriod((input.seqLen ?? DEFAULTS.seqLen) / 2);
  const fitted = fittedPeriod(architecture, input, 2);
  checkPeriod(fitted.period);
  return fitted;
}

function checkPeriod(period: number): void {
  if (period >= LEAST_PERIOD) return;
  throw new InputError(
    "range",
    `a verdict needs a period of at least ${LEAST_PERIOD} tokens (\`seqLen\` ${2 * LEAST_PERIOD}): in shorter ones induction, previous-token and positional heads are alike; got ${period}`,
    { option: "seqLen" },
  );
}

function fewPeriods(count: number, period: number): string[] {
  return count >= 3
    ? []
    : [
        `with room for ${count === 1 ? "one period" : `${count} periods`} (of at most ${period} tokens), heads that attend at a fixed distance can be told from induction by the controls alone; three periods are wanted`,
      ];
}

async function ownVerdictRows(
  architecture: Architecture,
  own: VerdictTokens,
  seed: number,
): Promise<VerdictRows> {
  const ordinary = drawnTokens(architecture).ids;
  const rows = await ownRows(architecture, own);
  checkPeriod(rows.period);
  const [reference, corrupted] = (["reference", "corrupted"] as const).map((name) =>
    sameLength(architecture, rows, name, own[name]),
  );
  const generated = causalRows(rows, ordinary, seed, reference ?? rows.tokens);
  const causal = corrupted ? { ...generated, corrupted } : generated;
  return {
    attention: [withControls(rows, ordinary, seed)],
    causal,
    screening: causal,
    worth: { ...rows, reference: causal.reference },
    info: rows.info,
    warnings: [
      ...rows.warnings,
      ...fewPeriods(1, rows.period),
      `means and resampled outputs of ablated heads come from the given ${reference ? "reference rows" : "rows themselves"}`,
    ],
  };
}

/** @throws {InputError} "reference" or "pair" unless rows are as long as those that are measured, and corrupted ones as many */
function sameLength(
  { vocabulary }: Architecture,
  { tokens }: RepeatedRows,
  name: "reference" | "corrupted",
  rowsOption: readonly (readonly number[])[] | undefined,
): Rows | null {
  if (!rowsOption) return null;
  const rows = verifyTokens(rowsOption, vocabulary);
  const [count, length] = tokens.shape;
  const fits = rows.shape[1] === length && (name === "reference" || rows.shape[0] === count);
  if (fits) return rows;
  const shape = name === "reference" ? `rows of ${length}` : `${count} rows of ${length}`;
  throw new InputError(
    name === "reference" ? "reference" : "pair",
    `\`${name}\` needs ${shape} tokens, as the measured rows have, got ${rows.shape.join(" x ")}`,
    { option: "rows" },
  );
}

function withControls(rows: RepeatedRows, ordinary: Int32Array, seed: number): PeriodRows {
  const { tokens, start, period } = rows;
  return {
    start,
    period,
    repeated: tokens,
    disjoint: disjointRows(rows, ordinary, seed),
    reshuffled: reshuffledRows(rows, seed),
  };
}

function causalRows(
  rows: RepeatedRows,
  ordinary: Int32Array,
  seed: number,
  reference: Rows,
): CausalRows {
  const { tokens, start, period } = rows;
  return {
    start,
    period,
    clean: tokens,
    corrupted: corruptedRows(rows, ordinary, seed),
    reference,
    positions: secondCopyQueries(rows),
  };
}
