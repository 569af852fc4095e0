/** @file What a scene is: rows of one layout in a few variants, and the weight tables that make behaviours of their attention. */
import { InputError } from "../../base/errors.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { Random } from "../../base/random.ts";
import { drawTokens, patternRows } from "../../text/patterns/tokenPattern.ts";
import type { RowVocabulary } from "./vocabulary.ts";
import type { BehaviourWords } from "./behaviourWords.ts";

/** What rows are made of. */
export interface RowSource {
  /** Ids that random tokens are drawn from. */
  readonly ordinary: Int32Array;
  readonly bos: number | null;
  readonly examples: number;
  readonly seed: number;
  readonly contextLength: number;
  /** Null: there is no tokenizer. */
  readonly words: RowVocabulary | null;
}

/** Weights of (query, key) by the variant whose attention they weigh; a score is the sum over variants. */
export type VariantTables = Readonly<Record<string, Tensor>>;

/** One behaviour in the rows of a scene. */
export interface SceneMeasure extends BehaviourWords {
  /** Built for rows of this layout. */
  readonly tables: VariantTables;
  /** The same places in rows without the cue; null where the score is a difference, so that a head that ignores the cue has 0. */
  readonly control: VariantTables | null;
}

export interface SceneRows {
  /** Token ids by variant, axes [batch, position], all of one size; row i of each has the same draws. */
  readonly variants: Readonly<Record<string, Tensor<Int32Array>>>;
  readonly measures: readonly SceneMeasure[];
}

export interface Scene {
  readonly name: string;
  /** A row, in words. */
  readonly layout: string;
  /** The behaviours that it measures, whether or not this model has room for it. */
  readonly behaviours: readonly string[];
  /** Its rows for a model, or a sentence that says why there are none. */
  readonly rows: (source: RowSource) => SceneRows | string;
}

/** A sentence where the model has no room or no tokens for rows of this size; null where it does. */
export function doesNotFit(
  { ordinary, contextLength, bos }: RowSource,
  { length, distinct }: { readonly length: number; readonly distinct: number },
): string | null {
  const whole = length + startOf(bos);
  if (whole > contextLength)
    return `its rows take ${whole} tokens, and the model has ${contextLength} positions`;
  if (distinct > ordinary.length)
    return `its rows take ${distinct} different tokens, and there are ${ordinary.length} to draw from`;
  return null;
}

/** Why a scene has no rows for a model without a tokenizer. */
export function needsWords(): string {
  return "its rows have words, and there is no tokenizer beside the model";
}

/** Position of the first token after BOS. */
export const startOf = (bos: number | null) => (bos === null ? 0 : 1);

/**
 * Rows of every variant from the same draws.
 *
 * @param distinct different ordinary tokens that one row draws
 * @param rowOf the tokens of one row without BOS, by variant
 */
export function variantRows<Variant extends string>(
  { ordinary, ...source }: RowSource,
  distinct: number,
  variants: readonly Variant[],
  rowOf: (ids: readonly number[], variant: Variant, stream: Random) => readonly number[],
): Record<Variant, Tensor<Int32Array>> {
  const options = { ...source, ordinary, period: 2 };
  return Object.fromEntries(
    variants.map((variant) => {
      const { tokens } = patternRows(options, (stream) =>
        rowOf(drawTokens(stream, distinct, ordinary), variant, stream),
      );
      return [variant, tokens];
    }),
  ) as Record<Variant, Tensor<Int32Array>>;
}

/** Drawn tokens handed out by name, as many of each as `counts` says. */
export function partsOfIds<Name extends string>(
  ids: readonly number[],
  counts: Readonly<Record<Name, number>>,
): Record<Name, number[]> {
  let first = 0;
  const parts = Object.entries<number>(counts).map(([name, count]) => {
    const part = ids.slice(first, (first += count));
    return [name, part] as const;
  });
  return Object.fromEntries(parts) as Record<Name, number[]>;
}

/** How many tokens the parts take together. */
export function countOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The order of 0 ... 5 in block `block`: powers of 3 modulo 7, so that no two blocks agree and distances differ. */
export function orderOfBlock(block: number): number[] {
  return Array.from({ length: 6 }, (_, slot) => (((slot + 1) * 3 ** block) % 7) - 1);
}

/** The table with every weight multiplied by `factor`. */
export function timesTable(table: Tensor, factor: number): Tensor {
  return { ...table, data: table.data.map((weight) => weight * factor) };
}

/** The sum of tables of one size. */
export function sumOfTables(tables: readonly Tensor[]): Tensor {
  const [first] = tables;
  if (!first) throw new InputError("shape", "a sum needs at least one table, got none");
  const data = new Float32Array(first.data.length);
  for (const table of tables) table.data.forEach((weight, place) => (data[place]! += weight));
  return { ...first, data };
}
