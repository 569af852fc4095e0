import { InputError } from "../base/errors.ts";
import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";

/**
 * An attention score taken apart into query part x key part.
 *
 * parts[a, b] = scale * sum over d of queries[a, d] * keys[b, d], in float64; with score = scale * q . k, q the sum of the
 * query parts and k that of the key parts, all entries sum to the score.
 *
 * @param queries parts of one query, axes [part, d_head]
 * @param keys parts of one key, axes [part, d_head]
 * @param scale what the model multiplies scores by, mostly 1 / sqrt(d_head)
 * @returns axes [query_part, key_part], in the unit of scores before softmax (nats); random parts score about 0
 * @throws {InputError} "shape" unless both have the same d_head
 * @see Elhage et al. 2021, the QK circuit's expansion over paths
 */
export function scoreParts(queries: Tensor, keys: Tensor, scale: number): Tensor<Float64Array> {
  const [queryParts, width] = shapeOf(queries, ["part", "d_head"]);
  const [keyParts, keyWidth] = shapeOf(keys, ["part", "d_head"]);
  if (width !== keyWidth)
    throw new InputError(
      "shape",
      `scoreParts needs queries and keys of one d_head, got ${width} and ${keyWidth}`,
    );
  const data = new Float64Array(queryParts * keyParts);
  for (let query = 0; query < queryParts; query++) {
    for (let key = 0; key < keyParts; key++) {
      let sum = 0;
      for (let entry = 0; entry < width; entry++)
        sum += queries.data[query * width + entry]! * keys.data[key * width + entry]!;
      data[query * keyParts + key] = scale * sum;
    }
  }
  return tensor(["query_part", "key_part"], [queryParts, keyParts], data);
}
