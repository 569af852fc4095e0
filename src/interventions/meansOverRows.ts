import { tensor, type Tensor } from "../base/tensor.ts";

export interface MeansOverRows {
  /** Some more rows of the value `name`, [rows, ...]. */
  add(name: string, value: Tensor): void;
  /** The mean of each value over all its rows, [1, ...] by name. */
  means(): Map<string, Tensor>;
}

/** Means of values that come a few rows at a time, summed in float64. */
export function meansOverRows(): MeansOverRows {
  const all = new Map<
    string,
    { readonly value: Tensor; readonly sum: Float64Array; readonly rows: number }
  >();
  return {
    add(name, value) {
      const rows = value.shape[0]!;
      const size = value.data.length / rows;
      const tally = all.get(name) ?? { value, sum: new Float64Array(size), rows: 0 };
      value.data.forEach((entry, index) => (tally.sum[index % size]! += entry));
      all.set(name, { ...tally, rows: tally.rows + rows });
    },
    means: () =>
      new Map(
        [...all].map(([name, { value, sum, rows }]) => [
          name,
          tensor(
            value.axes,
            [1, ...value.shape.slice(1)],
            Float32Array.from(sum, (total) => total / rows),
          ),
        ]),
      ),
  };
}
