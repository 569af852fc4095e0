import { InputError } from "../base/errors.ts";
import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";

/**
 * The scores of heads under weight tables: the array path of every linear attention measure.
 *
 * score[measure, head] = sum over (query, key) of tables[measure, query, key] * pattern[head, query, key], in float64.
 *
 * @param pattern attention weights, axes [head, query, key]
 * @param tables weights, axes [measure, query, key], of the same queries and keys
 * @returns scores, axes [measure, head]; for the range and the null see who made the tables, and uniformScores
 * @throws {InputError} "shape" unless queries and keys agree
 */
export function contract(pattern: Tensor, tables: Tensor): Tensor<Float64Array> {
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  const [measures, ...size] = shapeOf(tables, ["measure", "query", "key"]);
  if (size[0] !== queries || size[1] !== keys) {
    throw new InputError(
      "shape",
      `contract needs tables of ${queries} queries x ${keys} keys like the pattern, got ${size.join(" x ")}`,
    );
  }
  const area = queries * keys;
  const scores = new Float64Array(measures * heads);
  for (let measure = 0; measure < measures; measure++) {
    for (let place = 0; place < area; place++) {
      const weight = tables.data[measure * area + place]!;
      if (weight === 0) continue; // tables are mostly empty, and 0 * NaN of an unread row would be NaN
      for (let head = 0; head < heads; head++) {
        scores[measure * heads + head]! += weight * pattern.data[head * area + place]!;
      }
    }
  }
  return tensor(["measure", "head"], [measures, heads], scores);
}
