import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";

/**
 * What a head scores that attends equally to all it may see: the null of every linear attention measure.
 *
 * null[measure] = sum over (query, key <= query) of tables[measure, query, key] / (query + 1)
 *
 * For a table with one key in each of its rows, which weigh the same, this is the mean of 1 / (query + 1) over them.
 *
 * @param tables weights, axes [measure, query, key]
 * @returns axes [measure]
 * @throws {InputError} "shape" unless the axes are these
 */
export function uniformScores(tables: Tensor): Tensor<Float64Array> {
  const [measures, queries, keys] = shapeOf(tables, ["measure", "query", "key"]);
  const scores = new Float64Array(measures);
  for (let measure = 0; measure < measures; measure++) {
    for (let query = 0; query < queries; query++) {
      const row = (measure * queries + query) * keys;
      for (let key = 0; key <= query && key < keys; key++) {
        scores[measure]! += tables.data[row + key]! / (query + 1);
      }
    }
  }
  return tensor(["measure"], [measures], scores);
}
