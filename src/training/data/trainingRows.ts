/** @file Rows to train on, by the recipe: the batch of a step is a function of seed and step alone. */
import { random, type Random } from "../../base/random.ts";
import type { Recipe, TrainingData } from "../recipe.ts";
import { markovRow } from "../../text/patterns/markovRow.ts";
import { bigramRow } from "./bigramRow.ts";
import { copiedRows, type CopiedRows } from "./copiedRows.ts";
import { rowsFrom, type TrainingRows } from "./rowsFrom.ts";
import type { TextSplit } from "./textSplit.ts";

/** One row of `length` tokens. */
type RowMaker = (draw: Random, length: number) => ArrayLike<number>;

/** The batch of each step, counted from 1, by the names of the model's inputs. */
export function stepRows(
  recipe: Recipe,
  text: TextSplit | null,
): (step: number) => TrainingRows | CopiedRows {
  const { data, model, batch, seed } = recipe;
  return data.kind === "copied"
    ? (step) => copiedRows(data, random(seed, step), { vocabulary: model.vocabulary, batch })
    : trainingRows(recipe, text);
}

/**
 * The batch of each step of a decoder, counted from 1.
 *
 * @param text the text as token ids, where the recipe trains on one
 */
export function trainingRows(
  { data, model, batch, seed }: Recipe,
  text: TextSplit | null,
): (step: number) => TrainingRows {
  const rowOf = rowMaker(data, { vocabulary: model.vocabulary, seed, text });
  const length = model.contextLength;
  return (step) => {
    const draw = random(seed, step);
    return rowsFrom(
      Array.from({ length: batch }, () => rowOf(draw, length + 1)),
      length,
    );
  };
}

function rowMaker(
  data: TrainingData,
  {
    vocabulary,
    seed,
    text,
  }: { readonly vocabulary: number; readonly seed: number; readonly text: TextSplit | null },
): RowMaker {
  const again = (block: readonly number[], length: number) =>
    Int32Array.from({ length }, (_, position) => block[position % block.length]!);
  if (data.kind === "repeated")
    return (draw, length) => again(draw.distinct(data.period, vocabulary), length);
  if (data.kind === "periodic")
    return (draw, length) => {
      const period = draw.integer(data.minPeriod, data.maxPeriod);
      const block = Array.from({ length: period }, () => draw.integer(0, vocabulary - 1));
      return again(block, length);
    };
  if (data.kind === "markov") return (draw, length) => markovRow(draw, data.symbols, length).states;
  if (data.kind === "bigram") return bigramRow(data, { vocabulary, seed });
  if (data.kind === "copied")
    throw new Error("internal: rows that are copied have no tokens alone");
  if (!text) throw new Error("internal: a recipe of text needs its text");
  const { training } = text;
  return (draw, length) => {
    const start = draw.integer(0, training.length - length);
    return training.subarray(start, start + length);
  };
}
