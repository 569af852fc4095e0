import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";

/** Whether a query sees a key; null: all up to itself. */
export type Sight = ((query: number, key: number) => boolean) | null;

/**
 * What a head scores that attends equally to all it may see: the null of every linear attention measure.
 *
 * null[measure] = sum over (query, key that it sees) of tables[measure, query, key] / number of keys that it sees
 *
 * For a table with one key in each of its rows, which weigh the same, this is for causal attention the mean of 1 / (query + 1)
 * over them, and 1 / keys where all are seen.
 *
 * @param tables weights, axes [measure, query, key]
 * @param sight what a query sees; left out or null: causal attention, all up to itself
 * @returns axes [measure]
 * @throws {InputError} "shape" unless the axes are these
 */
export function uniformScores(tables: Tensor, sight: Sight = null): Tensor<Float64Array> {
  const [measures, queries, keys] = shapeOf(tables, ["measure", "query", "key"]);
  const scores = new Float64Array(measures);
  const all = Array.from({ length: keys }, (_, key) => key);
  const sees = sight ?? upToItself;
  for (let query = 0; query < queries; query++) {
    const visible = all.filter((key) => sees(query, key));
    for (let measure = 0; measure < measures; measure++) {
      const row = (measure * queries + query) * keys;
      for (const key of visible) scores[measure]! += tables.data[row + key]! / visible.length;
    }
  }
  return tensor(["measure"], [measures], scores);
}

/** What uniform attention scores on some rows, by score. */
export interface UniformScores<Name extends string> {
  /** In layers that see all up to themselves. */
  readonly uniform: Readonly<Record<Name, number>>;
  /** In each layer; left out where all see all of the rows. */
  readonly uniformByLayer?: Readonly<Record<Name, readonly number[]>> | undefined;
}

/** What heads of one layer score that attend alike to all they see. */
export function uniformOf<Name extends string>(
  { uniform, uniformByLayer }: UniformScores<Name>,
  name: Name,
  layer: number,
): number {
  return uniformByLayer?.[name][layer] ?? uniform[name];
}

const upToItself = (query: number, key: number) => key <= query;
