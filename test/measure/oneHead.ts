import { tensor } from "../../src/base/tensor.ts";

/** Attention of one head, axes [head, query, key], that shares its weight equally among `keysOf(query)`. */
export function oneHead(length: number, keysOf: (query: number) => readonly number[]) {
  const data = new Float32Array(length * length);
  for (let query = 0; query < length; query++) {
    const keys = keysOf(query);
    for (const key of keys) data[query * length + key]! += 1 / keys.length;
  }
  return tensor(["head", "query", "key"], [1, length, length], data);
}

/** `[BOS] r r ...` with ids 1, 2, ... and BOS 0. */
export function blockTokens({
  start,
  period,
  length,
}: {
  start: number;
  period: number;
  length: number;
}) {
  return Array.from({ length }, (_, position) =>
    position < start ? 0 : 1 + ((position - start) % period),
  );
}
