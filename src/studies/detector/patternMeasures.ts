/** @file Which measures fit attention of unknown origin: by its mask, and by whether the tokens have a period. */
import { tensor, type Tensor } from "../../base/tensor.ts";
import { ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import { contract } from "../../measure/contract.ts";
import type { MeasuredInput } from "../../measure/convention.ts";
import { CONVENTIONS } from "../../measure/conventions.ts";
import { shares, stackTables } from "../../measure/weightTable.ts";
import { InputError } from "../../base/errors.ts";
import type { Mask } from "../patterns/result.ts";

/** One sequence: tokens of the queries, tokens of the keys (the same but for cross attention), and its layout. */
export interface SequenceInput extends MeasuredInput {
  readonly keyTokens: ArrayLike<number>;
}

export interface PatternMeasure {
  readonly formula: string;
  readonly source: string;
  readonly finds: string;
  /** One score per head; "tokens" is thrown, or NaN given, where it is not defined on this sequence. */
  readonly scores: (pattern: Tensor, input: SequenceInput) => ArrayLike<number>;
  readonly ceiling: (input: SequenceInput) => number;
}

/**
 * The linear conventions that read a period. Of the others some are left out for not being linear in attention
 * (induction.strongest, detectHead.abs and with exclusions, the detector's other metrics).
 */
export const NEEDS_PERIOD = [
  ...ATTENTION_SCORES,
  "induction.withinCopy",
  "olsson.perEntry",
  "olsson.perQuery",
  "olsson.literal",
  "transformerLens.induction",
  "transformerLens.duplicateToken",
  "arena.induction",
  "legacy.inductionViz",
] as const;

/** The linear conventions on any tokens; `sum(A)` of detect_head is the number of queries, so its mul is linear. */
export const NEEDS_TOKENS = [
  "induction.general",
  "induction.prefix2",
  "induction.prefix3",
  "duplicateToken.general",
  "transformerLens.previousToken",
  "arena.previousToken",
  "arena.currentToken",
  "arena.firstToken",
  "detectHead.mul.previousToken",
  "detectHead.mul.duplicateToken",
  "detectHead.mul.induction",
  "detector.induction",
  "legacy.detector.induction",
] as const;

type Matches = (input: SequenceInput, query: number, key: number) => boolean;

/** Where an encoder may look both ways, the other copy may come later too. */
const BOTH_WAYS: Readonly<Record<string, PatternMeasure>> = {
  "bothWays.induction": matching(
    {
      formula:
        "mean over q of the sum of A[q, k], tokens[k - 1] = tokens[q], before or after q; k - 1, k, k + 1 not q",
      finds: "induction",
    },
    ({ tokens }, query, key) =>
      key > 0 && Math.abs(key - query) > 1 && tokens[key - 1] === tokens[query],
  ),
  "bothWays.duplicateToken": matching(
    {
      formula: "mean over q of the sum of A[q, k], tokens[k] = tokens[q], k not q",
      finds: "duplicateToken",
    },
    ({ tokens }, query, key) => key !== query && tokens[key] === tokens[query],
  ),
  "bothWays.nextToken": matching(
    { formula: "mean over q = 0 ... T - 2 of A[q, q + 1]", finds: "nextToken" },
    (_, query, key) => key === query + 1,
  ),
};

/** Queries are one sequence and keys another, as in an encoder-decoder. */
const CROSS: Readonly<Record<string, PatternMeasure>> = {
  "cross.induction": matching(
    {
      formula: "mean over q of the sum of A[q, k], keyTokens[k - 1] = tokens[q]",
      finds: "induction",
    },
    ({ tokens, keyTokens }, query, key) => key > 0 && keyTokens[key - 1] === tokens[query],
  ),
  "cross.sameToken": matching(
    {
      formula: "mean over q of the sum of A[q, k], keyTokens[k] = tokens[q]",
      finds: "duplicateToken",
    },
    ({ tokens, keyTokens }, query, key) => keyTokens[key] === tokens[query],
  ),
  "cross.firstToken": matching(
    { formula: "mean over q of A[q, 0]", finds: "firstToken" },
    (_, __, key) => key === 0,
  ),
};

/**
 * The measures for attention under `mask`, by name.
 *
 * @param hasPeriod whether the tokens are `[BOS] r r ...` with a known period
 */
export function patternMeasures(
  mask: Mask,
  hasPeriod: boolean,
): Readonly<Record<string, PatternMeasure>> {
  if (mask === "cross") return CROSS;
  const names = [...(hasPeriod ? NEEDS_PERIOD : []), ...NEEDS_TOKENS];
  const conventions = Object.fromEntries(names.map((name) => [name, CONVENTIONS[name]!]));
  return mask === "none" ? { ...BOTH_WAYS, ...conventions } : conventions;
}

/** The measure by which heads are ranked. */
export function primaryMeasure(mask: Mask, hasPeriod: boolean): string {
  if (mask === "cross") return "cross.induction";
  if (mask === "none") return "bothWays.induction";
  return hasPeriod ? "induction" : "induction.general";
}

/** Attention that is even over all that the mask allows, axes [head, query, key] with one head: the null. */
export function uniformPattern(mask: Mask, queries: number, keys: number): Tensor {
  const data = new Float32Array(queries * keys);
  for (let query = 0; query < queries; query++) {
    const visible = mask === "causal" ? query + 1 : keys;
    data.fill(1 / visible, query * keys, query * keys + visible);
  }
  return tensor(["head", "query", "key"], [1, queries, keys], data);
}

/** Mean over queries that have a matching key of the sum of attention to all of them; the ceiling is 1. */
function matching(
  described: Pick<PatternMeasure, "formula" | "finds">,
  matches: Matches,
): PatternMeasure {
  return {
    ...described,
    source: "induction-lens",
    scores: (pattern, input) =>
      contract(pattern, stackTables([matchTable(described.formula, input, matches)])).data,
    ceiling: () => 1,
  };
}

function matchTable(formula: string, input: SequenceInput, matches: Matches): Tensor {
  const [queries, keys] = [input.tokens.length, input.keyTokens.length];
  const keysOf = Array.from({ length: queries }, (_, query) =>
    Array.from({ length: keys }, (__, key) => key).filter((key) => matches(input, query, key)),
  );
  const queriesWithKeys = keysOf.flatMap((matched, query) => (matched.length > 0 ? [query] : []));
  if (queriesWithKeys.length === 0)
    throw new InputError("tokens", `no query has a key for ${formula}`);
  const weights = shares(queriesWithKeys.length);
  const data = new Float32Array(queries * keys);
  queriesWithKeys.forEach((query, row) => {
    for (const key of keysOf[query]!) data[query * keys + key] = weights[row]!;
  });
  return tensor(["query", "key"], [queries, keys], data);
}
