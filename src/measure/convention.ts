/** @file What a way of scoring attention is: its formula, the head it is meant to find, and its scores. */
import type { Tensor } from "../base/tensor.ts";
import { contract } from "./contract.ts";
import type { IdealHead } from "./idealHeads.ts";
import type { Repeats } from "./repeats.ts";
import { stackTables } from "./weightTable.ts";

/** A sequence with its layout. */
export interface MeasuredInput extends Repeats {
  readonly tokens: ArrayLike<number>;
}

/** One way of scoring attention. */
export interface Convention {
  /** What is computed, with indices; S = period, T = length. */
  readonly formula: string;
  /** Who computes it so. */
  readonly source: string;
  /** The head it is meant to find. */
  readonly finds: IdealHead;
  /** One score per head; NaN where the formula is 0/0. */
  readonly scores: (pattern: Tensor, input: MeasuredInput) => ArrayLike<number>;
  /** The most that attention with rows that sum to 1 can score on this input. */
  readonly ceiling: (input: MeasuredInput) => number;
  /** The rows that it is computed on where they are not `[BOS] r r`, made of those; left out: these. */
  readonly rows?: ((input: MeasuredInput) => MeasuredInput) | undefined;
  /** What it confuses that ideal heads do not show, one sentence each. */
  readonly notes?: readonly string[] | undefined;
}

type ConventionText = Pick<Convention, "formula" | "source" | "finds" | "rows" | "notes">;

/** A convention that is a weight table. */
export function linear(
  described: ConventionText,
  tableOf: (input: MeasuredInput) => Tensor,
): Convention {
  return {
    ...described,
    scores: (pattern, input) => contract(pattern, stackTables([tableOf(input)])).data,
    ceiling: (input) => tableCeiling(tableOf(input)),
  };
}

/** The most that rows which sum to 1 can score under a table: the largest weight of every row. */
function tableCeiling({ shape, data }: Tensor): number {
  const [queries = 0, keys = 0] = shape;
  let sum = 0;
  for (let query = 0; query < queries; query++) {
    sum += data
      .subarray(query * keys, (query + 1) * keys)
      .reduce((most, weight) => Math.max(most, weight), 0);
  }
  return sum;
}
